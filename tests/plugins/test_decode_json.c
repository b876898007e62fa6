/*
 * JSON telemetry and documents: each shape of the contract, and each reason to refuse.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/ingest/refusal.h"
#include "plugins/decoding.h"

extern const struct cw_plugin carewatch_plugin_decode_json;

struct row {
    const char *payload;
    const char *points; /* NULL: refused */
    uint32_t refusal;
    const char *metric;
};

static const struct row accepted[] = {
    {.payload = "{\"ts\":1763865851000,\"hr\":72,\"spo2\":97,\"in_bed\":true}",
     .points = "@1763865851000000000 hr=72 spo2=97 in_bed=true"},
    {.payload = "{\"hr\":72.5,\"seq\":9}", .points = "#9 hr=72.5"},
    {.payload = " { \"hr\" : 72 ,\r\n\t\"on\" : false } \n", .points = " hr=72 on=false"},
    {.payload = "{\"unit\":\"bed-1\",\"note\":\"\"}", .points = " unit='bed-1' note=''"},
    {.payload = "{\"hr\":null,\"spo2\":97}", .points = " spo2=97"},
    {.payload = "{\"ts\":null,\"seq\":null,\"a\":1}", .points = " a=1"},
    {.payload = "{}", .points = ""},
    {.payload = "{\"ts\":\"2026-11-23T02:43:01.120Z\",\"a\":1}",
     .points = "@1795401781120000000 a=1"},
    {.payload = "{\"ts\":\"2026-11-23T10:43:01+08:00\",\"a\":1}",
     .points = "@1795401781000000000 a=1"},
    {.payload = "{\"ts\":-1,\"a\":1}", .points = "@-1000000 a=1"},
    {.payload = "{\"ts\":0,\"a\":1}", .points = "@1 a=1"},
    {.payload = "{\"ts\":86400000,\"a\":1}", .points = "@86400000000000 a=1"},
    {.payload = "{\"ts\":4102444800,\"a\":1}", .points = "@4102444800000000 a=1"},
    {.payload = "{\"ts\":4102444800000,\"a\":1}", .points = "@4102444800000000000 a=1"},
    {.payload = "{\"ts\":1763865851000,\"values\":{\"hr\":72,\"on\":true},\"seq\":4}",
     .points = "@1763865851000000000#4 hr=72 on=true"},
    {.payload = "{\"values\":{\"ts\":5},\"ts\":1763865851000}",
     .points = "@1763865851000000000 ts=5"},
    {.payload = "{\"values\":7}", .points = " values=7"},
    {.payload =
         "[{\"ts\":1763865851000,\"hr\":72},{\"ts\":1763865852000,\"values\":{\"hr\":73}}]",
     .points = "@1763865851000000000 hr=72|@1763865852000000000 hr=73"},
    {.payload = "[{\"v\":1}]", .points = " v=1"},
    {.payload = "{\"occupancy\":true,\"battery\":97,\"linkquality\":120}",
     .points = " occupancy=true battery=97 linkquality=120"},
    {.payload = "23.5", .metric = "room_temp", .points = " room_temp=23.5"},
    {.payload = " -4 ", .metric = "room_temp", .points = " room_temp=-4"},
    {.payload = "true", .metric = "door", .points = " door=true"},
    {.payload = "false", .metric = "door", .points = " door=false"},
    {.payload = "{\"\\u0061\":1}", .points = " a=1"},
    {.payload = "{\"t\":\"\\u5e8a\\ud83d\\ude00\\n\\\"\\\\\\/\"}", .points = " t='床😀\n\"\\/'"},
    {.payload = "{\"心率\":72}", .points = " 心率=72"},
    {.payload = "{\"n\":\"a\\nroom,f=9 t=1\"}", .points = " n='a\nroom,f=9 t=1'"},
    {.payload = "{\"a\":1e2,\"b\":-0.25E-1,\"c\":123456789012345678,\"d\":0.1,\"e\":5e-324}",
     .points = " a=100 b=-0.025000000000000001 c=1.2345678901234568e+17 "
               "d=0.10000000000000001 e=4.9406564584124654e-324"},
    {.payload = "{\"a\":0.123456789012345,\"b\":123456789012345.6,\"c\":9007199254740993}",
     .points = " a=0.123456789012345 b=123456789012345.59 c=9007199254740992"},
    {.payload = "{\"a\":1e-999,\"b\":-1e-999}", .points = " a=0 b=-0"},
    {.payload = "{\"a\":9223372036854775807,\"b\":-9223372036854775808}",
     .points = " a=9.2233720368547758e+18 b=-9.2233720368547758e+18"},
};

static const struct row senml[] = {
    {.payload = "[{\"bn\":\"urn:dev:bed-312:\",\"bt\":1763865851,\"n\":\"hr\",\"v\":72},"
                "{\"n\":\"spo2\",\"v\":97}]",
     .points = "bed-312@1763865851000000000 hr=72 spo2=97"},
    {.payload = "[{\"n\":\"hr\",\"v\":72}]", .points = " hr=72"},
    {.payload = "[{\"n\":\"a:hr\",\"v\":1},{\"n\":\"b/hr\",\"v\":2}]",
     .points = "a hr=1|b hr=2"},
    {.payload = "[{\"n\":\"urn:dev:mac:0024befffe804ff1\",\"v\":1}]",
     .metric = "temp",
     .points = "0024befffe804ff1 temp=1"},
    {.payload = "[{\"n\":\"urn:dev:bed-1\",\"v\":1,\"s\":2}]",
     .metric = "temp",
     .points = "bed-1 temp=1 temp_sum=2"},
    {.payload = "[{\"n\":\"hr\",\"t\":-5,\"v\":72}]", .points = "@now-5000000000 hr=72"},
    {.payload = "[{\"n\":\"hr\",\"t\":5,\"v\":72}]", .points = "@now5000000000 hr=72"},
    {.payload = "[{\"bt\":1763865851.25,\"n\":\"hr\",\"t\":-0.001,\"v\":72}]",
     .points = "@1763865851249000000 hr=72"},
    {.payload = "[{\"bt\":1.763865851e9,\"n\":\"hr\",\"v\":72}]",
     .points = "@1763865851000000000 hr=72"},
    {.payload = "[{\"bv\":20,\"n\":\"a\",\"v\":1.5},{\"n\":\"b\"},{\"n\":\"c\",\"vb\":true},"
                "{\"n\":\"d\",\"vs\":\"x\"}]",
     .points = " a=21.5 b=20 c=true d='x'"},
    {.payload = "[{\"bs\":100,\"n\":\"flow\",\"v\":2,\"s\":5}]",
     .points = " flow=2 flow_sum=105"},
    {.payload = "[{\"bver\":10,\"n\":\"a\",\"u\":\"Cel\",\"ut\":5,\"x\":\"y\",\"v\":1}]",
     .points = " a=1"},
    {.payload = "[{\"bver\":11,\"n\":\"a\",\"v\":1}]", .refusal = CW_REFUSED_SHAPE},
    {.payload = "[{\"n\":\"a\",\"v\":1,\"x_\":1}]", .refusal = CW_REFUSED_SHAPE},
    {.payload = "[{\"n\":\"a\",\"v\":1,\"x\":{}}]", .refusal = CW_REFUSED_SHAPE},
    {.payload = "[{\"n\":\"a\",\"v\":\"1\"}]", .refusal = CW_REFUSED_SHAPE},
    {.payload = "[{\"n\":\"a\",\"v\":1,\"vb\":true}]", .refusal = CW_REFUSED_SHAPE},
    {.payload = "[{\"n\":\"a\",\"vd\":\"aGkgCg\"}]", .refusal = CW_REFUSED_SHAPE},
    {.payload = "[{\"n\":\"a\"}]", .refusal = CW_REFUSED_SHAPE},
    {.payload = "[{\"bn\":\"a:\"}]", .refusal = CW_REFUSED_SHAPE},
    {.payload = "[{\"bn\":\"a:\",\"v\":1}]", .refusal = CW_REFUSED_SHAPE},
    {.payload = "[{\"n\":\"urn:dev:bed-1\",\"v\":1}]", .refusal = CW_REFUSED_SHAPE},
    {.payload = "[{\"n\":\":hr\",\"v\":1}]", .refusal = CW_REFUSED_SHAPE},
    {.payload = "[{\"n\":\"床:hr\",\"v\":1}]", .refusal = CW_REFUSED_SHAPE},
    {.payload = "[{\"n\":\"a\",\"v\":1},5]", .refusal = CW_REFUSED_SHAPE},
    {.payload = "[{\"n\":\"a\",\"v\":1},", .refusal = CW_REFUSED_SYNTAX},
    {.payload = "[{\"n\":\"a\",\"v\":1},{\"n\":\"a\",\"v\":2}]",
     .refusal = CW_REFUSED_DUPLICATE_KEY},
    {.payload = "[{\"n\":\"a\",\"t\":1763865851000000,\"v\":1}]",
     .refusal = CW_REFUSED_TIMESTAMP},
    {.payload = "[{\"bv\":1e308,\"n\":\"a\",\"v\":1e308}]", .refusal = CW_REFUSED_NUMBER},
};

static const struct row refused[] = {
    {.payload = "", .refusal = CW_REFUSED_EMPTY},
    {.payload = "  \n ", .refusal = CW_REFUSED_SYNTAX},
    {.payload = "hello", .refusal = CW_REFUSED_SYNTAX, .metric = "m"},
    {.payload = "{\"a\":1", .refusal = CW_REFUSED_SYNTAX},
    {.payload = "{\"a\":", .refusal = CW_REFUSED_SYNTAX},
    {.payload = "{\"a\"", .refusal = CW_REFUSED_SYNTAX},
    {.payload = "{", .refusal = CW_REFUSED_SYNTAX},
    {.payload = "[", .refusal = CW_REFUSED_SYNTAX},
    {.payload = "[{\"a\":1}", .refusal = CW_REFUSED_SYNTAX},
    {.payload = "[{\"a\":1},", .refusal = CW_REFUSED_SYNTAX},
    {.payload = "{\"a\":1}{\"a\":1}", .refusal = CW_REFUSED_SYNTAX},
    {.payload = "{\"a\":1}]", .refusal = CW_REFUSED_SYNTAX},
    {.payload = "{\"a\":1,}", .refusal = CW_REFUSED_SYNTAX},
    {.payload = "{\"a\":01}", .refusal = CW_REFUSED_SYNTAX},
    {.payload = "{\"a\":NaN}", .refusal = CW_REFUSED_SYNTAX},
    {.payload = "{\"a\":True}", .refusal = CW_REFUSED_SYNTAX},
    {.payload = "{\"a\":truex}", .refusal = CW_REFUSED_SYNTAX},
    {.payload = "{\"a\":\"\\x\"}", .refusal = CW_REFUSED_SYNTAX},
    {.payload = "{\"a\":\"\t\"}", .refusal = CW_REFUSED_SYNTAX},
    {.payload = "{\"a\":1 2}", .refusal = CW_REFUSED_SYNTAX},
    {.payload = "\xEF\xBB\xBF{\"a\":1}", .refusal = CW_REFUSED_ENCODING},
    {.payload = "{\"a\":\"\xff\"}", .refusal = CW_REFUSED_ENCODING},
    {.payload = "{\"a\":\"\\ud800\"}", .refusal = CW_REFUSED_ENCODING},
    {.payload = "{\"a\":\"\\udc00\\ud800\"}", .refusal = CW_REFUSED_ENCODING},
    {.payload = "{\"a\":\"\\udc00\\udc00\"}", .refusal = CW_REFUSED_ENCODING},
    {.payload = "{\"a\":\"\\u0000\"}", .refusal = CW_REFUSED_ENCODING},
    {.payload = "{\"a\\u0000b\":1}", .refusal = CW_REFUSED_ENCODING},
    {.payload = "{\"a\":1,\"a\":1}", .refusal = CW_REFUSED_DUPLICATE_KEY},
    {.payload = "{\"a\":1,\"\\u0061\":1}", .refusal = CW_REFUSED_DUPLICATE_KEY},
    {.payload = "{\"a\":null,\"a\":1}", .refusal = CW_REFUSED_DUPLICATE_KEY},
    {.payload = "{\"ts\":1763865851000,\"ts\":1763865851000}",
     .refusal = CW_REFUSED_DUPLICATE_KEY},
    {.payload = "{\"values\":{\"a\":1,\"a\":1}}", .refusal = CW_REFUSED_DUPLICATE_KEY},
    {.payload = "{\"a\":1e999}", .refusal = CW_REFUSED_NUMBER},
    {.payload = "{\"a\":1e99999999999}", .refusal = CW_REFUSED_NUMBER},
    {.payload = "{\"a\":9223372036854775808}", .refusal = CW_REFUSED_NUMBER},
    {.payload = "{\"ts\":99999999999999999999999}", .refusal = CW_REFUSED_NUMBER},
    {.payload = "{\"a\":{}}", .refusal = CW_REFUSED_SHAPE},
    {.payload = "{\"a\":[1]}", .refusal = CW_REFUSED_SHAPE},
    {.payload = "{\"a\":1,\"values\":{\"b\":1}}", .refusal = CW_REFUSED_SHAPE},
    {.payload = "{\"values\":{\"b\":1},\"a\":1}", .refusal = CW_REFUSED_SHAPE},
    {.payload = "{\"values\":{\"b\":{}}}", .refusal = CW_REFUSED_SHAPE},
    {.payload = "{\"\":1}", .refusal = CW_REFUSED_SHAPE},
    {.payload = "{\"a\\nb\":1}", .refusal = CW_REFUSED_SHAPE},
    {.payload = "{\"seq\":-1}", .refusal = CW_REFUSED_SHAPE},
    {.payload = "{\"seq\":1.5}", .refusal = CW_REFUSED_SHAPE},
    {.payload = "{\"seq\":\"1\"}", .refusal = CW_REFUSED_SHAPE},
    {.payload = "[]", .refusal = CW_REFUSED_SHAPE},
    {.payload = "[1]", .refusal = CW_REFUSED_SHAPE},
    {.payload = "[[{\"a\":1}]]", .refusal = CW_REFUSED_SHAPE},
    {.payload = "23.5", .refusal = CW_REFUSED_SHAPE},
    {.payload = "null", .refusal = CW_REFUSED_SHAPE, .metric = "m"},
    {.payload = "\"text\"", .refusal = CW_REFUSED_SHAPE, .metric = "m"},
    {.payload = "{\"ts\":1763865851000000,\"a\":1}", .refusal = CW_REFUSED_TIMESTAMP},
    {.payload = "{\"ts\":1763865851000000000,\"a\":1}", .refusal = CW_REFUSED_TIMESTAMP},
    {.payload = "{\"ts\":1763865851.5,\"a\":1}", .refusal = CW_REFUSED_TIMESTAMP},
    {.payload = "{\"ts\":\"yesterday\",\"a\":1}", .refusal = CW_REFUSED_TIMESTAMP},
    {.payload = "{\"ts\":true,\"a\":1}", .refusal = CW_REFUSED_TIMESTAMP},
    {.payload = "{\"ts\":{},\"a\":1}", .refusal = CW_REFUSED_TIMESTAMP},
};

static struct decoding decoding;

static int open_decoder(void **state)
{
    (void)state;
    decoding_open(&decoding, &carewatch_plugin_decode_json);
    return 0;
}

static int close_decoder(void **state)
{
    (void)state;
    decoding_close(&decoding);
    return 0;
}

static void a_reading_in_any_shape_becomes_points(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
        const struct row *row = &accepted[i];
        const char *metric = row->metric ? row->metric : "";
        uint32_t refusal =
            decoding_points(&decoding, row->payload, strlen(row->payload), metric);
        if (refusal)
            fail_msg("%s: %s", row->payload, decoding.err.text);
        assert_string_equal(text_of_points(&decoding), row->points);
    }
}

static void what_is_not_a_reading_is_refused_whole_with_its_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        const struct row *row = &refused[i];
        const char *metric = row->metric ? row->metric : "";
        uint32_t refusal =
            decoding_points(&decoding, row->payload, strlen(row->payload), metric);
        if (refusal != row->refusal)
            fail_msg("%s: %s, not %s (%s)", row->payload, refusal_name(refusal),
                     refusal_name(row->refusal), decoding.err.text);
        assert_true(strlen(decoding.err.text) > 10);
    }
}

static void senml_records_become_points_or_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(senml) / sizeof(senml[0]); i++) {
        const struct row *row = &senml[i];
        const char *metric = row->metric ? row->metric : "";
        uint32_t refusal =
            decoding_points(&decoding, row->payload, strlen(row->payload), metric);
        if (refusal != row->refusal)
            fail_msg("%s: %s (%s)", row->payload, refusal_name(refusal), decoding.err.text);
        if (!refusal)
            assert_string_equal(text_of_points(&decoding), row->points);
    }
}

static void a_raw_nul_is_refused_wherever_it_is(void **state)
{
    (void)state;
    static const char inside[] = "{\"a\":\"b\0c\"}";
    static const char behind[] = "{\"a\":1}\0";
    static const char number[] = "{\"a\":1\0}";
    assert_int_equal(decoding_points(&decoding, inside, sizeof(inside) - 1, ""),
                     CW_REFUSED_ENCODING);
    assert_int_equal(decoding_points(&decoding, behind, sizeof(behind) - 1, ""),
                     CW_REFUSED_ENCODING);
    assert_int_equal(decoding_points(&decoding, number, sizeof(number) - 1, ""),
                     CW_REFUSED_ENCODING);
    assert_int_equal(decoding_document(&decoding, inside, sizeof(inside) - 1),
                     CW_REFUSED_ENCODING);
}

static void a_number_keeps_its_own_text(void **state)
{
    (void)state;
    static const char payload[] = "{\"a\":36.50,\"b\":-1e+2 ,\"c\":true,\"d\":"
                                  "0.3333333333333333333333333333333333333}";
    assert_int_equal(decoding_points(&decoding, payload, sizeof(payload) - 1, ""), 0);
    const struct cw_field *field = decoding.batch.field;
    assert_int_equal(field[0].raw.n, 5);
    assert_memory_equal(field[0].raw.p, "36.50", 5);
    assert_int_equal(field[1].raw.n, 5);
    assert_memory_equal(field[1].raw.p, "-1e+2", 5);
    assert_int_equal(field[2].raw.n, 0);
    assert_int_equal(field[3].raw.n, 0); /* too long to be worth copying */
    assert_true(field[3].v.f64 == 1.0 / 3.0);
}

static void long_texts_and_names_are_refused(void **state)
{
    (void)state;
    char payload[1024];
    int n = snprintf(payload, sizeof(payload), "{\"a\":\"%0256d\"}", 0);
    assert_int_equal(decoding_points(&decoding, payload, (size_t)n, ""), 0);
    n = snprintf(payload, sizeof(payload), "{\"a\":\"%0257d\"}", 0);
    assert_int_equal(decoding_points(&decoding, payload, (size_t)n, ""), CW_REFUSED_TEXT);
    n = snprintf(payload, sizeof(payload), "{\"%0128d\":1}", 0);
    assert_int_equal(decoding_points(&decoding, payload, (size_t)n, ""), 0);
    n = snprintf(payload, sizeof(payload), "{\"%0129d\":1}", 0);
    assert_int_equal(decoding_points(&decoding, payload, (size_t)n, ""), CW_REFUSED_TEXT);
}

/* An object of `n` different names, then "k0" again when `twice`. */
static char *many_names(unsigned n, int twice, size_t *n_bytes)
{
    size_t cap = 16 + (size_t)n * 12;
    char *text = malloc(cap);
    assert_non_null(text);
    size_t at = (size_t)snprintf(text, cap, "{");
    for (unsigned i = 0; i < n; i++)
        at += (size_t)snprintf(text + at, cap - at, "%s\"k%u\":1", i ? "," : "", i);
    if (twice)
        at += (size_t)snprintf(text + at, cap - at, ",\"k0\":1");
    *n_bytes = at + (size_t)snprintf(text + at, cap - at, "}");
    return text;
}

static void a_name_given_twice_is_found_among_any_number(void **state)
{
    (void)state;
    for (unsigned n = 1; n < ROOM_FIELDS; n += 1 + n / 4) {
        size_t n_bytes;
        char *text = many_names(n, 0, &n_bytes);
        assert_int_equal(decoding_points(&decoding, text, n_bytes, ""), 0);
        assert_int_equal(decoding_document(&decoding, text, n_bytes), 0);
        free(text);
        text = many_names(n, 1, &n_bytes);
        assert_int_equal(decoding_points(&decoding, text, n_bytes, ""),
                         CW_REFUSED_DUPLICATE_KEY);
        assert_int_equal(decoding_document(&decoding, text, n_bytes), CW_REFUSED_DUPLICATE_KEY);
        free(text);
    }
}

static void more_than_the_room_is_refused(void **state)
{
    (void)state;
    size_t n_bytes;
    char *text = many_names(ROOM_FIELDS + 1, 0, &n_bytes);
    assert_int_equal(decoding_points(&decoding, text, n_bytes, ""), CW_REFUSED_FIELDS);
    free(text);
    text = many_names(5000, 0, &n_bytes);
    assert_int_equal(decoding_document(&decoding, text, n_bytes), CW_REFUSED_FIELDS);
    free(text);

    char readings[ROOM_POINTS * 8 + 64];
    size_t n = (size_t)snprintf(readings, sizeof(readings), "[{\"a\":1}");
    for (int i = 0; i < ROOM_POINTS; i++)
        n += (size_t)snprintf(readings + n, sizeof(readings) - n, ",{}");
    n += (size_t)snprintf(readings + n, sizeof(readings) - n, "]");
    assert_int_equal(decoding_points(&decoding, readings, n, ""), CW_REFUSED_FIELDS);

    uint32_t max_text = decoding.batch.max_text;
    decoding.batch.max_text = 1;
    assert_int_equal(decoding_points(&decoding, "{\"a\":\"\\n\"}", 10, ""), CW_REFUSED_FIELDS);
    decoding.batch.max_text = max_text;
}

static void a_payload_of_a_megabyte_is_too_large(void **state)
{
    (void)state;
    const size_t n = 1 << 20;
    char *bytes = malloc(n);
    assert_non_null(bytes);
    memset(bytes, ' ', n);
    memcpy(bytes, "{}", 2);
    assert_int_equal(decoding_points(&decoding, bytes, n, ""), CW_REFUSED_TOO_LARGE);
    assert_int_equal(decoding_points(&decoding, bytes, n - 1, ""), CW_ACCEPTED);
    free(bytes);
}

static void a_document_is_nodes_in_pre_order(void **state)
{
    (void)state;
    static const char payload[] = "{\"id\":\"e-1\",\"at\":{\"lat\":30.5,\"lon\":-104},"
                                  "\"who\":[\"a\",null,true,{}],\"n\":12}";
    static const struct {
        uint32_t type, n_children, next;
        const char *key;
    } wanted[] = {
        {CW_NODE_OBJECT, 4, 11, ""}, {CW_NODE_TEXT, 0, 2, "id"}, {CW_NODE_OBJECT, 2, 5, "at"},
        {CW_NODE_REAL, 0, 4, "lat"}, {CW_NODE_INT, 0, 5, "lon"}, {CW_NODE_ARRAY, 4, 10, "who"},
        {CW_NODE_TEXT, 0, 7, ""},    {CW_NODE_NULL, 0, 8, ""},   {CW_NODE_BOOL, 0, 9, ""},
        {CW_NODE_OBJECT, 0, 10, ""}, {CW_NODE_INT, 0, 11, "n"},
    };
    const size_t n = sizeof(wanted) / sizeof(wanted[0]);
    assert_int_equal(decoding_document(&decoding, payload, sizeof(payload) - 1), 0);
    const struct cw_node *node = decoding.batch.node;
    assert_int_equal(decoding.batch.n_nodes, n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(node[i].type, wanted[i].type);
        assert_int_equal(node[i].n_children, wanted[i].n_children);
        assert_int_equal(node[i].next, wanted[i].next);
        assert_int_equal(node[i].key.n, strlen(wanted[i].key));
        assert_memory_equal(node[i].key.n ? node[i].key.p : "", wanted[i].key, node[i].key.n);
    }
    assert_memory_equal(node[1].v.text.p, "e-1", 3);
    assert_true(node[3].v.f64 == 30.5);
    assert_true(node[4].i64 == -104 && node[4].v.f64 == -104);
    assert_int_equal(node[8].v.boolean, 1);
    assert_memory_equal(node[10].raw.p, "12", node[10].raw.n);
}

static const struct row documents[] = {
    {"{}", "", 0, NULL},
    {"[]", "", 0, NULL},
    {"[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", "", 0, NULL},
    {"[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", NULL, CW_REFUSED_DEPTH, NULL},
    {"1", NULL, CW_REFUSED_SHAPE, NULL},
    {"\"a\"", NULL, CW_REFUSED_SHAPE, NULL},
    {"null", NULL, CW_REFUSED_SHAPE, NULL},
    {"[1,]", NULL, CW_REFUSED_SYNTAX, NULL},
    {"[,1]", NULL, CW_REFUSED_SYNTAX, NULL},
    {"[1}", NULL, CW_REFUSED_SYNTAX, NULL},
    {"[{]}", NULL, CW_REFUSED_SYNTAX, NULL},
    {"{\"a\":[1,{\"b\":2}]", NULL, CW_REFUSED_SYNTAX, NULL},
    {"[] []", NULL, CW_REFUSED_SYNTAX, NULL},
    {"[{\"a\":1,\"a\":2}]", NULL, CW_REFUSED_DUPLICATE_KEY, NULL},
    {"{\"a\":{\"a\":2},\"b\":{\"a\":2}}", "", 0, NULL},
    {"[1e400]", NULL, CW_REFUSED_NUMBER, NULL},
};

static void a_document_is_checked_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
        const struct row *row = &documents[i];
        uint32_t refusal = decoding_document(&decoding, row->payload, strlen(row->payload));
        if (refusal != row->refusal)
            fail_msg("%s: %s (%s)", row->payload, refusal_name(refusal), decoding.err.text);
    }
}

static void json_is_known_by_its_first_byte(void **state)
{
    (void)state;
    static const struct {
        const char *payload;
        int32_t known;
    } rows[] = {
        {"{}", 1},    {" [", 1},    {"-1", 1},    {"23.5", 1},         {"true", 1},
        {"false", 1}, {"trues", 0}, {"hello", 0}, {"vitals hr=72", 0}, {"", 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cw_str payload =
            decoding_payload(&decoding, rows[i].payload, strlen(rows[i].payload));
        assert_int_equal(decoding.plugin->ops.decoder->recognise(decoding.self, payload),
                         rows[i].known);
    }
}

/* ---- patterns ---- */

static const struct {
    const char *payload, *points;
    bool alike; /* to the first one: read by its pattern */
} after_first[] = {
    {"{\"ts\":1763865851000,\"hr\":72,\"seq\":7,\"unit\":\"b-1\",\"on\":true}",
     "@1763865851000000000#7 hr=72 unit='b-1' on=true", true},
    {"{\"ts\":1763865852001,\"hr\":-7.25,\"seq\":12345678901,\"unit\":\"\",\"on\":false}",
     "@1763865852001000000#12345678901 hr=-7.25 unit='' on=false", true},
    {"{\"ts\":0,\"hr\":0.12345678,\"seq\":0,\"unit\":\"b-12345678\",\"on\":true}",
     "@1#0 hr=0.12345678 unit='b-12345678' on=true", true},
    {"{\"ts\":1,\"hr\":123456789012345,\"seq\":0,\"unit\":\"x\",\"on\":true}",
     "@1000000#0 hr=123456789012345 unit='x' on=true", true},
    /* What is out of the ordinary is read as ever. */
    {"{\"ts\":1,\"hr\":1234567890123456,\"seq\":0,\"unit\":\"x\",\"on\":true}",
     "@1000000#0 hr=1234567890123456 unit='x' on=true", true},
    {"{\"ts\":1,\"hr\":1e2,\"seq\":0,\"unit\":\"床\",\"on\":true}",
     "@1000000#0 hr=100 unit='床' on=true", true},
    {"{\"ts\":1,\"hr\":1,\"seq\":0,\"unit\":\"a\\nb\",\"on\":true}",
     "@1000000#0 hr=1 unit='a\nb' on=true", false},
    {"{\"ts\":1,\"hr\":1,\"seq\":0,\"unit\":\"x\",\"on\":null}", "@1000000#0 hr=1 unit='x'",
     false},
    {"{\"ts\":1, \"hr\":1,\"seq\":0,\"unit\":\"x\",\"on\":true}",
     "@1000000#0 hr=1 unit='x' on=true", false},
    {"{\"ts\":1,\"hr\":1,\"seq\":0,\"unit\":\"x\",\"on\":true} ",
     "@1000000#0 hr=1 unit='x' on=true", false},
    {"{\"ts\":1,\"HR\":1,\"seq\":0,\"unit\":\"x\",\"on\":true}",
     "@1000000#0 HR=1 unit='x' on=true", false},
    {"{\"ts\":1,\"hr\":1,\"seq\":0,\"unit\":5,\"on\":true}", "@1000000#0 hr=1 unit=5 on=true",
     false},
    {"{\"ts\":1,\"hr\":1,\"seq\":0,\"unit\":\"x\",\"on\":1}", "@1000000#0 hr=1 unit='x' on=1",
     false},
    {"{\"ts\":1,\"hr\":1,\"seq\":0,\"unit\":\"x\"}", "@1000000#0 hr=1 unit='x'", false},
    /* And what is wrong is refused as ever. */
    {"{\"ts\":1,\"hr\":01,\"seq\":0,\"unit\":\"x\",\"on\":true}", NULL, false},
    {"{\"ts\":1,\"hr\":,\"seq\":0,\"unit\":\"x\",\"on\":true}", NULL, false},
    {"{\"ts\":1,\"hr\":1.,\"seq\":0,\"unit\":\"x\",\"on\":true}", NULL, false},
    {"{\"ts\":1.5,\"hr\":1,\"seq\":0,\"unit\":\"x\",\"on\":true}", NULL, false},
    {"{\"ts\":1,\"hr\":1,\"seq\":-1,\"unit\":\"x\",\"on\":true}", NULL, false},
    {"{\"ts\":999999999999999,\"hr\":1,\"seq\":1,\"unit\":\"x\",\"on\":true}", NULL, false},
    {"{\"ts\":1,\"hr\":1,\"seq\":0,\"unit\":\"x\ty\",\"on\":true}", NULL, false},
    {"{\"ts\":1,\"hr\":1,\"seq\":0,\"unit\":\"x\xff\",\"on\":true}", NULL, false},
    {"{\"ts\":1,\"hr\":1,\"seq\":0,\"unit\":\"x\",\"on\":trux}", NULL, false},
    {"{\"ts\":1,\"hr\":1,\"seq\":0,\"unit\":\"x\",\"on\":true}}", NULL, false},
    {"{\"ts\":1,\"hr\":1,\"seq\":0,\"unit\":\"x\",\"on\":true", NULL, false},
    {"{\"ts\":1,\"hr\":1,\"seq\":0,\"unit\":\"x", NULL, false},
};

static void a_hint_at_the_last_message_changes_nothing(void **state)
{
    (void)state;
    uint64_t first = 0;
    for (size_t i = 0; i < sizeof(after_first) / sizeof(after_first[0]); i++) {
        const char *payload = after_first[i].payload, *points = after_first[i].points;
        for (int hinted = 0; hinted < 2; hinted++) {
            decoding.batch.pattern = 0;
            decoding.batch.like = hinted ? first : 0;
            bool taken = !decoding_points(&decoding, payload, strlen(payload), "");
            if (taken != (points != NULL))
                fail_msg("%s: %s", payload, decoding.err.text);
            if (taken)
                assert_string_equal(text_of_points(&decoding), points);
            if (!first)
                first = decoding.batch.pattern;
            assert_int_not_equal(first, 0);
            if (taken && (decoding.batch.pattern == first) != after_first[i].alike)
                fail_msg("%s: pattern %llu", payload,
                         (unsigned long long)decoding.batch.pattern);
        }
    }
    decoding.batch.like = decoding.batch.pattern = 0;
}

static uint64_t pattern_after(const char *payload, uint64_t like)
{
    decoding.batch.pattern = 0;
    decoding.batch.like = like;
    assert_int_equal(decoding_points(&decoding, payload, strlen(payload), ""), 0);
    decoding.batch.like = 0;
    return decoding.batch.pattern;
}

static void documents_that_come_once_push_out_no_pattern_in_use(void **state)
{
    (void)state;
    char once[32];
    uint64_t usual = pattern_after("{\"usual\":1}", 0);
    assert_int_not_equal(usual, 0);
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(once, sizeof(once), "{\"once-%u\":1}", i);
        assert_int_not_equal(pattern_after(once, usual), usual);
        assert_int_equal(pattern_after("{\"usual\":2}", usual), usual);
    }
    /* A number that was given away is nobody else's: only the hint is void. */
    uint64_t gone = pattern_after("{\"once-0\":1}", 0);
    for (unsigned i = 1; i < 1000; i++) {
        snprintf(once, sizeof(once), "{\"once-%u\":1}", i);
        (void)pattern_after(once, 0);
    }
    assert_int_not_equal(pattern_after("{\"once-0\":3}", gone), gone);
    assert_string_equal(text_of_points(&decoding), " once-0=3");
}

static void not_every_document_has_a_pattern(void **state)
{
    static const char *const rows[] = {
        "[{\"a\":1}]",
        "{\"values\":{\"a\":1}}",
        "{\"a\":null,\"b\":1}",
        "{\"ts\":\"2026-11-23T02:43:01Z\",\"a\":1}",
        "{\"\\u0061\":1}",
        "[{\"n\":\"hr\",\"v\":72}]",
        "{\"ts\":1}",
        "{}",
        "{\"a-name-that-is-longer-than-a-literal-may-be\":1}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(pattern_after(rows[i], 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reading_in_any_shape_becomes_points),
        cmocka_unit_test(what_is_not_a_reading_is_refused_whole_with_its_reason),
        cmocka_unit_test(senml_records_become_points_or_are_refused),
        cmocka_unit_test(a_raw_nul_is_refused_wherever_it_is),
        cmocka_unit_test(a_number_keeps_its_own_text),
        cmocka_unit_test(long_texts_and_names_are_refused),
        cmocka_unit_test(a_name_given_twice_is_found_among_any_number),
        cmocka_unit_test(more_than_the_room_is_refused),
        cmocka_unit_test(a_payload_of_a_megabyte_is_too_large),
        cmocka_unit_test(a_document_is_nodes_in_pre_order),
        cmocka_unit_test(a_document_is_checked_whole),
        cmocka_unit_test(json_is_known_by_its_first_byte),
        cmocka_unit_test(a_hint_at_the_last_message_changes_nothing),
        cmocka_unit_test(documents_that_come_once_push_out_no_pattern_in_use),
        cmocka_unit_test(not_every_document_has_a_pattern),
    };
    return cmocka_run_group_tests(tests, open_decoder, close_decoder);
}

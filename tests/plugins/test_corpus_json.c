/*
 * Outside bytes that nobody here wrote, against the JSON decoder and the topic parser:
 * JSONTestSuite, the payloads and topics of an attacker, the examples of RFC 8428.
 */
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/ingest/refusal.h"
#include "core/ingest/topic.h"
#include "plugins/corpus.h"
#include "plugins/decoding.h"

extern const struct cw_plugin carewatch_plugin_decode_json;

static struct decoding decoding;

/* ---- JSONTestSuite ---- */

struct suite {
    unsigned n, n_refused, n_roots;
};

static void run_suite_file(const char *name, struct suite *suite)
{
    char path[1024];
    snprintf(path, sizeof(path), "%s/json/test_parsing/%s", CORPORA_DIR, name);
    struct corpus_bytes bytes = corpus_file(path);
    assert_non_null(bytes.p);
    int refused = decoding_document(&decoding, bytes.p, bytes.n) != CW_ACCEPTED;
    int refused_points = decoding_points(&decoding, bytes.p, bytes.n, "metric") != CW_ACCEPTED;
    size_t blank = 0;
    while (blank < bytes.n && strchr(" \t\r\n", bytes.p[blank]))
        blank++;
    int container = blank < bytes.n && (bytes.p[blank] == '{' || bytes.p[blank] == '[');
    suite->n++;
    suite->n_refused += (unsigned)(refused && refused_points);
    suite->n_roots += (unsigned)(container && refused);
    if (name[0] == 'n' && !(refused && refused_points))
        print_message("accepted: %s\n", name);
    if (name[0] == 'y' && container && refused)
        print_message("refused: %s\n", name);
    free(bytes.p);
}

static struct suite run_suite(char kind)
{
    struct suite suite = {0};
    char path[1024];
    struct dirent *entry;
    snprintf(path, sizeof(path), "%s/json/test_parsing", CORPORA_DIR);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    while ((entry = readdir(dir)))
        if (entry->d_name[0] == kind && entry->d_name[1] == '_')
            run_suite_file(entry->d_name, &suite);
    closedir(dir);
    return suite;
}

static void every_invalid_document_is_refused(void **state)
{
    (void)state;
    struct suite suite = run_suite('n');
    print_message("%u of %u refused\n", suite.n_refused, suite.n);
    assert_int_equal(suite.n, 188);
    assert_int_equal(suite.n_refused, 188);
}

/* Valid JSON that we refuse: \u0000 (twice), and a name given twice (twice). */
static void valid_documents_are_accepted_but_for_our_own_rules(void **state)
{
    (void)state;
    struct suite suite = run_suite('y');
    assert_int_equal(suite.n, 95);
    assert_int_equal(suite.n_roots, 4);
}

static void undefined_documents_do_no_harm(void **state)
{
    (void)state;
    assert_int_equal(run_suite('i').n, 35);
}

/* ---- payloads ---- */

/* What the decoder says to each payload as telemetry; the rest is for those behind it. */
static const struct {
    int id;
    uint32_t refusal;
} verdicts[] = {
    {1, CW_REFUSED_EMPTY},
    {2, CW_REFUSED_SYNTAX},
    {3, CW_REFUSED_SYNTAX},
    {4, CW_REFUSED_SYNTAX},
    {5, CW_REFUSED_DUPLICATE_KEY},
    {6, CW_REFUSED_SYNTAX},
    {7, CW_REFUSED_NUMBER},
    {8, CW_REFUSED_NUMBER},
    {9, CW_ACCEPTED},  /* before 1970: a clock fault for the engine */
    {10, CW_ACCEPTED}, /* in ms that is February 1970: a clock fault as well */
    {11, CW_ACCEPTED}, /* ms is what the contract wants */
    {12, CW_REFUSED_SHAPE},
    {13, CW_REFUSED_SHAPE},
    {14, CW_REFUSED_ENCODING},
    {15, CW_REFUSED_ENCODING},
    {16, CW_REFUSED_ENCODING},
    {17, CW_REFUSED_ENCODING},
    {18, CW_REFUSED_ENCODING},
    {19, CW_REFUSED_ENCODING},
    {20, CW_REFUSED_TEXT},
    {21, CW_REFUSED_TOO_LARGE},
    {22, CW_ACCEPTED}, /* 22 to 26: inert here, escaped by whoever writes them */
    {23, CW_ACCEPTED},
    {24, CW_ACCEPTED},
    {25, CW_ACCEPTED},
    {26, CW_ACCEPTED},
    {27, CW_ACCEPTED},       /* 400 nines are 1 */
    {28, CW_REFUSED_FIELDS}, /* with room for 256 fields */
    {29, CW_ACCEPTED},       /* 256 names that differ in case: many, but none twice */
};

static void a_hostile_payload_gets_its_verdict(void **state)
{
    (void)state;
    json_t *payloads = corpus_json("mqtt/payloads.json");
    const size_t n = sizeof(verdicts) / sizeof(verdicts[0]);
    assert_non_null(payloads);
    assert_int_equal(json_array_size(payloads), n);
    decoding.batch.max_fields = 256;
    for (size_t i = 0; i < n; i++) {
        const json_t *payload = json_array_get(payloads, i);
        char path[1024];
        assert_int_equal(json_integer_value(json_object_get(payload, "id")), verdicts[i].id);
        snprintf(path, sizeof(path), "%s/mqtt/%s", CORPORA_DIR,
                 json_string_value(json_object_get(payload, "file")));
        struct corpus_bytes bytes = corpus_file(path);
        assert_non_null(bytes.p);
        uint32_t refusal = decoding_points(&decoding, bytes.p, bytes.n, "");
        if (refusal != verdicts[i].refusal)
            fail_msg("%s: %s (%s)", path, refusal_name(refusal), decoding.err.text);
        refusal = decoding_document(&decoding, bytes.p, bytes.n);
        if (verdicts[i].id == 12 || verdicts[i].id == 13)
            assert_int_equal(refusal, CW_REFUSED_DEPTH);
        free(bytes.p);
    }
    decoding.batch.max_fields = ROOM_FIELDS;
    json_decref(payloads);
}

/* ---- topics ---- */

static void a_hostile_topic_gets_its_verdict(void **state)
{
    (void)state;
    json_t *topics = corpus_json("mqtt/topics.json");
    size_t i;
    const json_t *row;
    assert_non_null(topics);
    assert_int_equal(json_array_size(topics), 39);
    json_array_foreach(topics, i, row)
    {
        json_int_t id = json_integer_value(json_object_get(row, "id"));
        struct corpus_bytes bytes =
            corpus_base64(json_string_value(json_object_get(row, "topic_b64")));
        struct topic topic;
        enum cw_refusal refusal = topic_parse((struct cw_str){bytes.p, bytes.n}, &topic);
        /* 26 (another case), 27 and 28 are well-formed ids: for the registry to judge. */
        enum cw_refusal wanted = CW_REFUSED_TOPIC;
        if (id == 1 || (id >= 26 && id <= 28))
            wanted = CW_ACCEPTED;
        else if (id == 29)
            wanted = CW_REFUSED_KIND;
        if (refusal != wanted)
            fail_msg("topic %d: %s", (int)id, refusal_name(refusal));
        free(bytes.p);
    }
    json_decref(topics);
}

static void filters_match_as_the_standard_says(void **state)
{
    (void)state;
    json_t *pairs = corpus_json("mqtt/topic_match.json");
    size_t i;
    const json_t *row;
    assert_non_null(pairs);
    assert_int_equal(json_array_size(pairs), 29);
    json_array_foreach(pairs, i, row)
    {
        const char *filter = json_string_value(json_object_get(row, "filter"));
        const char *topic = json_string_value(json_object_get(row, "topic"));
        int match = topic_matches((struct cw_str){filter, strlen(filter)},
                                  (struct cw_str){topic, strlen(topic)});
        if (match != json_is_true(json_object_get(row, "match")))
            fail_msg("%s against %s: %d", topic, filter, match);
    }
    json_decref(pairs);
}

/* ---- SenML ---- */

static const struct {
    int example;
    uint32_t refusal;
    const char *metric;
    const char *why;
} senml[] = {
    {1, CW_REFUSED_SHAPE, "", "the name is a device only, and the source names no metric"},
    {1, CW_ACCEPTED, "temp", ""},
    {2, CW_ACCEPTED, "", ""},
    {3, CW_ACCEPTED, "", ""},
    {4, CW_ACCEPTED, "humidity", ""},
    {5, CW_REFUSED_DUPLICATE_KEY, "humidity", "values are told apart by unit only"},
    {6, CW_REFUSED_SHAPE, "", "an IPv6 address is no device id"},
    {7, CW_REFUSED_SHAPE, "", "a data value"},
    {8, CW_ACCEPTED, "", ""},
    {9, CW_ACCEPTED, "", ""},
    {10, CW_ACCEPTED, "temp", ""},
    {11, CW_ACCEPTED, "temp", ""},
    {12, CW_REFUSED_SHAPE, "", "an IPv6 address is no device id"},
    {13, CW_REFUSED_SHAPE, "", "an IPv6 address is no device id"},
};

/* The value of `field` against a resolved record; its name must end the record's name. */
static int senml_value_is(const struct cw_point *point, const struct cw_field *field,
                          const json_t *record, const char *metric)
{
    const char *name = json_string_value(json_object_get(record, "n"));
    const json_t *v = json_object_get(record, "v");
    const json_t *vb = json_object_get(record, "vb");
    double t = json_number_value(json_object_get(record, "t"));
    size_t n = strlen(name);
    if (!metric[0] &&
        (n < field->key.n || memcmp(name + n - field->key.n, field->key.p, field->key.n) != 0))
        return 0;
    /* Where the example says "now", the resolved one says when that was. */
    if (point->time_ns && fabs((double)point->time_ns / 1e9 - t) > 1e-3)
        return 0;
    if (vb)
        return field->type == CW_BOOL && field->v.boolean == json_is_true(vb);
    return field->type == CW_F64 && field->v.f64 == json_number_value(v);
}

static void compare_resolved(int example, const char *metric)
{
    char name[64];
    size_t n = 0;
    snprintf(name, sizeof(name), "senml/ex%d.gen.resolved.json", example);
    json_t *resolved = corpus_json(name);
    assert_non_null(resolved);
    for (uint32_t i = 0; i < decoding.batch.n_points; i++) {
        const struct cw_point *point = &decoding.batch.point[i];
        for (uint32_t j = 0; j < point->n_fields; j++, n++)
            if (!senml_value_is(point, &point->field[j], json_array_get(resolved, n), metric))
                fail_msg("%s: value %zu of %s", name, n, text_of_points(&decoding));
    }
    assert_int_equal(n, json_array_size(resolved));
    json_decref(resolved);
}

static void the_examples_of_the_standard_are_read_or_refused_for_a_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(senml) / sizeof(senml[0]); i++) {
        char path[1024];
        snprintf(path, sizeof(path), "%s/senml/ex%d.json", CORPORA_DIR, senml[i].example);
        struct corpus_bytes bytes = corpus_file(path);
        assert_non_null(bytes.p);
        uint32_t refusal = decoding_points(&decoding, bytes.p, bytes.n, senml[i].metric);
        if (refusal != senml[i].refusal)
            fail_msg("%s: %s (%s)", path, refusal_name(refusal), decoding.err.text);
        if (!refusal)
            compare_resolved(senml[i].example, senml[i].metric);
        free(bytes.p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_invalid_document_is_refused),
        cmocka_unit_test(valid_documents_are_accepted_but_for_our_own_rules),
        cmocka_unit_test(undefined_documents_do_no_harm),
        cmocka_unit_test(a_hostile_payload_gets_its_verdict),
        cmocka_unit_test(a_hostile_topic_gets_its_verdict),
        cmocka_unit_test(filters_match_as_the_standard_says),
        cmocka_unit_test(the_examples_of_the_standard_are_read_or_refused_for_a_reason),
    };
    if (corpus_is_absent())
        return 77;
    decoding_open(&decoding, &carewatch_plugin_decode_json);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    decoding_close(&decoding);
    return failed;
}

/*
 * Line protocol in: points of devices, and each reason to refuse.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/ingest/refusal.h"
#include "plugins/decoding.h"

extern const struct cw_plugin carewatch_plugin_decode_line;

static const struct {
    const char *payload, *points;
} accepted[] = {
    {"vitals hr=72", " hr=72"},
    {"vitals,bed=3-12 hr=72,spo2=97i 1763865851000000000",
     "@1763865851000000000 hr=72 spo2=97i"},
    {"vitals,device=bed-312,ward=a hr=72", "bed-312 hr=72"},
    {"v on=t,off=F,note=\"a \\\"b\\\" \\\\ c\"", " on=true off=false note='a \"b\" \\ c'"},
    {"v n=18446744073709551615u,m=5u", " n=1.8446744073709552e+19 m=5i"},
    {"# a comment\n\n  v a=1 \r\nv a=2\n", " a=1| a=2"},
    {"v a\\ b=1,c\\,d=2,e\\=f=3", " a b=1 c,d=2 e=f=3"},
    {"v,device=a x=1\nv,device=b x=2", "a x=1|b x=2"},
    {"v a=-1e3,b=.5,c=5.", " a=-1000 b=0.5 c=5"},
    {"v a=\"two\nlines\" -1", "@-1 a='two\nlines'"},
    {"v a=1 0", "@1 a=1"},
    {"v a=1 4102444800000000000", "@4102444800000000000 a=1"},
};

static const struct {
    const char *payload;
    uint32_t refusal;
} refused[] = {
    {"", CW_REFUSED_EMPTY},
    {"\n", CW_REFUSED_SHAPE},
    {"# only a comment", CW_REFUSED_SHAPE},
    {"vitals", CW_REFUSED_SYNTAX},
    {"vitals ", CW_REFUSED_SYNTAX},
    {"vitals hr", CW_REFUSED_SYNTAX},
    {"vitals hr=", CW_REFUSED_SYNTAX},
    {"vitals hr=72,", CW_REFUSED_SYNTAX},
    {"vitals hr=7x", CW_REFUSED_SYNTAX},
    {"vitals hr=0x7", CW_REFUSED_SYNTAX},
    {"vitals hr=inf", CW_REFUSED_SYNTAX},
    {"vitals hr=NaN", CW_REFUSED_SYNTAX},
    {"vitals on=yes", CW_REFUSED_SYNTAX},
    {"vitals on=tru", CW_REFUSED_SYNTAX},
    {"vitals t=\"open", CW_REFUSED_SYNTAX},
    {"vitals hr=1 2 3", CW_REFUSED_SYNTAX},
    {"vitals,bed hr=1", CW_REFUSED_SYNTAX},
    {"vitals,bed= hr=1", CW_REFUSED_SYNTAX},
    {",bed=1 hr=1", CW_REFUSED_SYNTAX},
    {"good hr=1\nbad", CW_REFUSED_SYNTAX},
    {"vitals hr=1\rx", CW_REFUSED_SYNTAX},
    {"vitals hr=\xff", CW_REFUSED_ENCODING},
    {"vitals hr=1e999", CW_REFUSED_NUMBER},
    {"vitals hr=9223372036854775808i", CW_REFUSED_NUMBER},
    {"vitals\x7f hr=1", CW_REFUSED_SYNTAX},
    {"vitals h\x7f=1", CW_REFUSED_SYNTAX},
    {"vitals,a=1,a=2 hr=1", CW_REFUSED_DUPLICATE_KEY},
    {"vitals hr=1,hr=2", CW_REFUSED_DUPLICATE_KEY},
    {"vitals,device=../x hr=1", CW_REFUSED_SHAPE},
    {"vitals hr=1 soon", CW_REFUSED_TIMESTAMP},
    {"vitals hr=1 99999999999999999999", CW_REFUSED_TIMESTAMP},
};

static struct decoding decoding;

static void a_line_becomes_a_point(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
        const char *payload = accepted[i].payload;
        if (decoding_points(&decoding, payload, strlen(payload), ""))
            fail_msg("%s: %s", payload, decoding.err.text);
        assert_string_equal(text_of_points(&decoding), accepted[i].points);
    }
}

static void a_wrong_line_refuses_the_payload(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        const char *payload = refused[i].payload;
        uint32_t refusal = decoding_points(&decoding, payload, strlen(payload), "");
        if (refusal != refused[i].refusal)
            fail_msg("%s: %s (%s)", payload, refusal_name(refusal), decoding.err.text);
        assert_true(strlen(decoding.err.text) > 10);
    }
}

static void the_sentence_names_the_line(void **state)
{
    (void)state;
    static const char payload[] = "v a=1\n# b\nv a=\"x\ny\"\nv a=?\n";
    assert_int_equal(decoding_points(&decoding, payload, sizeof(payload) - 1, ""),
                     CW_REFUSED_SYNTAX);
    assert_non_null(strstr(decoding.err.text, "Line 5:"));
}

static void only_plain_numbers_keep_their_text(void **state)
{
    (void)state;
    static const char payload[] = "v a=36.50,b=7i,c=.5,d=007,e=5.,f=0.5";
    static const char *const raw[] = {"36.50", "7", "", "", "", ""};
    assert_int_equal(decoding_points(&decoding, payload, sizeof(payload) - 1, ""), 0);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(decoding.batch.field[i].raw.n, strlen(raw[i]));
        assert_memory_equal(raw[i][0] ? decoding.batch.field[i].raw.p : "", raw[i],
                            strlen(raw[i]));
    }
}

static void more_than_the_room_is_refused(void **state)
{
    (void)state;
    static const char lines[] = "v a=1,b=2\nv a=1\n";
    static const char escaped[] = "v a\\ b=1\n";
    decoding.batch.max_fields = 2;
    assert_int_equal(decoding_points(&decoding, lines, sizeof(lines) - 1, ""),
                     CW_REFUSED_FIELDS);
    decoding.batch.max_fields = ROOM_FIELDS;
    decoding.batch.max_points = 1;
    assert_int_equal(decoding_points(&decoding, lines, sizeof(lines) - 1, ""),
                     CW_REFUSED_FIELDS);
    decoding.batch.max_points = ROOM_POINTS;
    decoding.batch.max_text = 3;
    assert_int_equal(decoding_points(&decoding, escaped, sizeof(escaped) - 1, ""),
                     CW_REFUSED_FIELDS);
    decoding.batch.max_text = ROOM_TEXT;

    char tags[4096];
    size_t n = (size_t)snprintf(tags, sizeof(tags), "v");
    for (int i = 0; i < 257; i++)
        n += (size_t)snprintf(tags + n, sizeof(tags) - n, ",t%d=x", i);
    n += (size_t)snprintf(tags + n, sizeof(tags) - n, " a=1");
    assert_int_equal(decoding_points(&decoding, tags, n, ""), CW_REFUSED_FIELDS);
}

static void lines_are_known_by_their_first_byte(void **state)
{
    (void)state;
    static const struct {
        const char *payload;
        int32_t known;
    } rows[] = {
        {"vitals hr=72", 1}, {"心率 hr=72", 1}, {"{}", 0}, {"[", 0},
        {"23.5", 0},         {"-1", 0},         {"", 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cw_str payload =
            decoding_payload(&decoding, rows[i].payload, strlen(rows[i].payload));
        assert_int_equal(decoding.plugin->ops.decoder->recognise(decoding.self, payload),
                         rows[i].known);
    }
}

static int open_decoder(void **state)
{
    (void)state;
    decoding_open(&decoding, &carewatch_plugin_decode_line);
    return 0;
}

static int close_decoder(void **state)
{
    (void)state;
    decoding_close(&decoding);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_becomes_a_point),
        cmocka_unit_test(a_wrong_line_refuses_the_payload),
        cmocka_unit_test(the_sentence_names_the_line),
        cmocka_unit_test(only_plain_numbers_keep_their_text),
        cmocka_unit_test(more_than_the_room_is_refused),
        cmocka_unit_test(lines_are_known_by_their_first_byte),
    };
    return cmocka_run_group_tests(tests, open_decoder, close_decoder);
}

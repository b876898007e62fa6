/*
 * Line protocol out: what is written, what is left out, and what is not written at all.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/option.h"

extern const struct cw_plugin carewatch_plugin_encode_line;

static char self[64];

static const struct cw_encoder *encoder(void)
{
    return carewatch_plugin_encode_line.ops.encoder;
}

static struct cw_str str(const char *text)
{
    return (struct cw_str){text, strlen(text)};
}

static const struct {
    const char *measurement, *key, *value;
    const char *prefix; /* "" when it cannot be written */
} prefixes[] = {
    {"vitals", "site", "s-1", "vitals,site=s-1 "},
    {"room", "facility", "f 17,a=b", "room,facility=f\\ 17\\,a\\=b "},
    {"ro om,x=y", "a", "b", "ro\\ om\\,x=y,a=b "},
    {"vitals", "k e,y=", "v", "vitals,k\\ e\\,y\\==v "},
    {"room", "t", "", "room "},
    {"room", "t", "a\\b", "room,t=a\\b "},
    {"room", "t", "end\\", ""},
    {"room", "t\\", "v", ""},
    {"room\\", "t", "v", ""},
    {"room", "", "v", ""},
    {"room", "t", "two\nlines", ""},
    {"room", "t", "tab\t", ""},
    {"ro\nom", "t", "v", ""},
    {"#c", "t", "v", ""},
    {"", "t", "v", ""},
};

static void a_prefix_is_escaped_or_not_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        struct cw_tag tag = {str(prefixes[i].key), str(prefixes[i].value)};
        char dst[128];
        size_t n =
            encoder()->prefix(self, str(prefixes[i].measurement), &tag, 1, dst, sizeof(dst));
        dst[n] = '\0';
        assert_string_equal(dst, prefixes[i].prefix);
    }
}

#define KEY(text) .key = {(text), sizeof(text) - 1}
#define RAW(text) .raw = {(text), sizeof(text) - 1}
#define REAL(...) .type = CW_F64, .v.f64 = (__VA_ARGS__)
#define WHOLE(...) .type = CW_I64, .v.i64 = (__VA_ARGS__)
#define WORDS(words) .type = CW_TEXT, .v.text = {(words), sizeof(words) - 1}

static const struct {
    struct cw_field field;
    const char *body;
} fields[] = {
    {{KEY("hr"), REAL(72)}, "hr=72 5\n"},
    {{KEY("hr"), REAL(72), RAW("72.0")}, "hr=72.0 5\n"},
    {{KEY("hr"), REAL(0.1)}, "hr=0.1 5\n"},
    {{KEY("hr"), REAL(5), RAW("0x5")}, "hr=5 5\n"},
    {{KEY("hr"), WHOLE(-7)}, "hr=-7 5\n"},
    {{KEY("hr"), WHOLE(7), RAW("7")}, "hr=7 5\n"},
    {{KEY("on"), .type = CW_BOOL, .v.boolean = 1}, "on=true 5\n"},
    {{KEY("on"), .type = CW_BOOL, .v.boolean = 0}, "on=false 5\n"},
    {{KEY("note"), WORDS("say \"hi\"\\")}, "note=\"say \\\"hi\\\"\\\\\" 5\n"},
    {{KEY("note"), WORDS("a\nb, c=d")}, "note=\"a\nb, c=d\" 5\n"},
    {{KEY("note"), WORDS("")}, "note=\"\" 5\n"},
    {{KEY("a b,c=d"), REAL(1)}, "a\\ b\\,c\\=d=1 5\n"},
    {{KEY("hr"), REAL((double)NAN)}, ""},
    {{KEY("hr"), REAL((double)INFINITY)}, ""},
    {{KEY("time"), REAL(1)}, ""},
    {{KEY(""), REAL(1)}, ""},
    {{KEY("a\nb"), REAL(1)}, ""},
    {{KEY("a\\"), REAL(1)}, ""},
};

static void a_field_is_written_in_its_type_or_not_at_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        char dst[128];
        size_t n = encoder()->body(self, &fields[i].field, 1, 5, dst, sizeof(dst) - 1);
        dst[n] = '\0';
        assert_string_equal(dst, fields[i].body);
    }
}

static void what_cannot_be_stored_is_left_out_of_a_line(void **state)
{
    (void)state;
    const struct cw_field field[] = {
        {KEY("a"), REAL((double)NAN)},
        {KEY("b"), REAL(1)},
        {KEY("time"), WORDS("noon")},
        {KEY("c"), REAL(2)},
    };
    char dst[128];
    size_t n = encoder()->body(self, field, 4, -1, dst, sizeof(dst) - 1);
    dst[n] = '\0';
    assert_string_equal(dst, "b=1,c=2 -1\n");
    assert_int_equal(encoder()->body(self, field, 0, 1, dst, sizeof(dst)), 0);
}

static void integers_keep_their_type_when_asked(void **state)
{
    (void)state;
    char keeping[64] = {0};
    char dst[64];
    const struct cw_option *options = carewatch_plugin_encode_line.option;
    const struct cw_field field = {KEY("n"), WHOLE(7), RAW("7")};
    option_presets(options, keeping);
    assert_int_equal(
        option_set(&options[option_find(options, "integers")], keeping, CW_STR("keep"), NULL),
        0);
    size_t n = encoder()->body(keeping, &field, 1, 5, dst, sizeof(dst) - 1);
    dst[n] = '\0';
    option_free(options, keeping);
    assert_string_equal(dst, "n=7i 5\n");
}

/* As snprintf: the length is told, and nothing is written that does not fit. */
static void a_line_is_written_whole_or_not(void **state)
{
    (void)state;
    const struct cw_tag tag = {str("site"), str("s 1")};
    const struct cw_field field[] = {{KEY("a b"), REAL(0.5)}, {KEY("t"), WORDS("\"x\"")}};
    static const char prefix[] = "vitals,site=s\\ 1 ";
    static const char body[] = "a\\ b=0.5,t=\"\\\"x\\\"\" 17\n";
    for (size_t cap = 0; cap < 128; cap++) {
        char dst[129];
        memset(dst, '?', sizeof(dst));
        size_t n = encoder()->prefix(self, str("vitals"), &tag, 1, dst, cap);
        assert_int_equal(n, sizeof(prefix) - 1);
        assert_memory_equal(dst, n <= cap ? prefix : "?????????????????", n);
        assert_int_equal(dst[cap], '?');
        memset(dst, '?', sizeof(dst));
        n = encoder()->body(self, field, 2, 17, dst, cap);
        assert_int_equal(n, sizeof(body) - 1);
        assert_memory_equal(dst, n <= cap ? body : "?????????????????????????", n);
        assert_int_equal(dst[cap], '?');
    }
}

static void names_that_were_made_before_give_the_same_line(void **state)
{
    (void)state;
    struct cw_field field[3];
    struct cw_named named[3];
    char name[3][32], wanted[129], dst[129];
    static const size_t n_rows = sizeof(fields) / sizeof(fields[0]);
    for (size_t i = 0; i < n_rows; i++) {
        bool all = true;
        for (size_t j = 0; j < 3; j++) {
            field[j] = fields[(i + j * 5) % n_rows].field;
            size_t n = encoder()->name(self, field[j].key, name[j], sizeof(name[j]));
            named[j] = (struct cw_named){{name[j], n}, &field[j]};
            all = all && n > 0;
        }
        for (size_t cap = 0; all && cap < 128; cap++) {
            memset(wanted, '?', sizeof(wanted));
            memset(dst, '?', sizeof(dst));
            size_t n = encoder()->body(self, field, 3, 1763865851000000000, wanted, cap);
            assert_int_equal(
                encoder()->named_body(self, named, 3, 1763865851000000000, dst, cap), n);
            assert_memory_equal(dst, wanted, sizeof(dst));
        }
    }
    assert_int_equal(encoder()->named_body(self, named, 0, 1, dst, sizeof(dst)), 0);
}

static const struct {
    const char *key, *name; /* "": left to body() */
} names[] = {
    {"hr", "hr="}, {"a b,c=d", "a\\ b\\,c\\=d="},
    {"time", ""},  {"times", "times="},
    {"", ""},      {"a\nb", ""},
    {"a\\", ""},
};

static void a_name_is_escaped_or_left_to_the_body(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char dst[32];
        size_t n = encoder()->name(self, str(names[i].key), dst, sizeof(dst) - 1);
        dst[n] = '\0';
        assert_string_equal(dst, names[i].name);
        assert_int_equal(encoder()->name(self, str(names[i].key), dst, 1), n);
    }
}

static int set_presets(void **state)
{
    (void)state;
    assert_true(carewatch_plugin_encode_line.self_size <= sizeof(self));
    option_presets(carewatch_plugin_encode_line.option, self);
    return 0;
}

static int free_presets(void **state)
{
    (void)state;
    option_free(carewatch_plugin_encode_line.option, self);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_prefix_is_escaped_or_not_written),
        cmocka_unit_test(a_field_is_written_in_its_type_or_not_at_all),
        cmocka_unit_test(what_cannot_be_stored_is_left_out_of_a_line),
        cmocka_unit_test(integers_keep_their_type_when_asked),
        cmocka_unit_test(a_line_is_written_whole_or_not),
        cmocka_unit_test(names_that_were_made_before_give_the_same_line),
        cmocka_unit_test(a_name_is_escaped_or_left_to_the_body),
    };
    return cmocka_run_group_tests(tests, set_presets, free_presets);
}

/*
 * test_json_out.c - commas, escapes and numbers of written JSON.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_out.h"
#include "base/str.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static void nested_values_have_their_commas(void **state)
{
    (void)state;
    struct buf buf;
    struct json_out out;
    buf_init(&buf, 1000);
    json_out_init(&out, &buf);
    json_object(&out);
    json_key(&out, "a");
    json_array(&out);
    json_array_end(&out);
    json_key(&out, "b");
    json_array(&out);
    json_int(&out, 1);
    json_object(&out);
    json_object_end(&out);
    json_null(&out);
    json_raw(&out, CW_STR("[2]"));
    json_array_end(&out);
    json_member_bool(&out, "c", true);
    json_object_end(&out);
    assert_string_equal(buf_text(&buf), "{\"a\":[],\"b\":[1,{},null,[2]],\"c\":true}");
    buf_done(&buf);
}

static void members_may_be_left_out(void **state)
{
    (void)state;
    struct buf buf;
    struct json_out out;
    buf_init(&buf, 1000);
    json_out_init(&out, &buf);
    json_object(&out);
    json_member_opt(&out, "a", CW_STR(""));
    json_member_real_opt(&out, "b", NAN);
    json_member_time_opt(&out, "c", 0);
    json_member_real(&out, "d", NAN);
    json_member_real(&out, "e", -INFINITY);
    json_member_opt(&out, "f", CW_STR("x"));
    json_member_real_opt(&out, "g", 0);
    json_member_time(&out, "h", 0);
    json_member_int(&out, "i", INT64_MIN);
    json_object_end(&out);
    assert_string_equal(buf_text(&buf), "{\"d\":null,\"e\":null,\"f\":\"x\",\"g\":0,"
                                        "\"h\":\"1970-01-01T00:00:00.000Z\","
                                        "\"i\":-9223372036854775808}");
    buf_done(&buf);
}

static void text_is_safe_wherever_it_is_shown(void **state)
{
    (void)state;
    const struct {
        struct cw_str text;
        const char *json;
    } rows[] = {
        {CW_STR(""), "\"\""},
        {CW_STR("a\"b\\c/"), "\"a\\\"b\\\\c/\""},
        {CW_STR("a\nb\tc\rd"), "\"a\\nb\\tc\\u000dd\""},
        {CW_STR("a\0b\x7f"), "\"a\\u0000b\\u007f\""},
        {CW_STR("</script>&"), "\"\\u003c/script\\u003e\\u0026\""},
        {CW_STR("\xe8\xa1\x80\xe6\xb0\xa7"), "\"\xe8\xa1\x80\xe6\xb0\xa7\""},
        {CW_STR("\xe2\x80\xa8\xe2\x80\xa9"), "\"\\u2028\\u2029\""},
        {CW_STR("\xe2\x80\xae\xe2\x81\xa6"), "\"\\u202e\\u2066\""},
        {CW_STR("a\xff\xe4\xb8"), "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {CW_STR("\xf0\x9f\x98\x80"), "\"\xf0\x9f\x98\x80\""},
    };
    for (size_t i = 0; i < N(rows); i++) {
        struct buf buf;
        struct json_out out;
        buf_init(&buf, 1000);
        json_out_init(&out, &buf);
        json_text(&out, rows[i].text);
        assert_string_equal(buf_text(&buf), rows[i].json);
        buf_done(&buf);
    }
}

static void keys_are_escaped_too(void **state)
{
    (void)state;
    struct buf buf;
    struct json_out out;
    buf_init(&buf, 1000);
    json_out_init(&out, &buf);
    json_object(&out);
    json_member_text(&out, "a\"<", CW_STR("b"));
    json_object_end(&out);
    assert_string_equal(buf_text(&buf), "{\"a\\\"\\u003c\":\"b\"}");
    buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nested_values_have_their_commas),
        cmocka_unit_test(members_may_be_left_out),
        cmocka_unit_test(text_is_safe_wherever_it_is_shown),
        cmocka_unit_test(keys_are_escaped_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

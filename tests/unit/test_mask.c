/*
 * What may not stay is overwritten at equal length, and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "core/journal/mask.h"

static void words_are_masked_where_they_stand_alone(void **state)
{
    (void)state;
    static const struct {
        const char *word, *text, *want;
        uint32_t places;
    } row[] = {
        {"王小明", "{\"note\":\"王小明跌倒\"}", "{\"note\":\"#########跌倒\"}", 1},
        {"王小明", "{\"a\":\"\\u738b\\u5c0f\\u660e\"}", "{\"a\":\"##################\"}", 1},
        {"王小明", "{\"a\":\"\\u738B\\u5C0F\\u660E\"}", "{\"a\":\"##################\"}", 1},
        {"Anna", "Anna, Annabel, Anna.", "####, Annabel, ####.", 2},
        {"Anna", "Hannah Anna", "Hannah ####", 1},
        {"Anna", "\\nAnna", "\\n####", 1},
        {"Anna", "{\"Anna\":\"Anna\"}", "{\"Anna\":\"####\"}", 1},
        {"13800001111", "tel 13800001111", "tel ###########", 1},
        {"13800001111", "213800001111", "213800001111", 0},
        {"Li", "{\"Line\":\"Li\"}", "{\"Line\":\"Li\"}", 0},
        {"李", "李", "李", 0},
        {"", "x", "x", 0},
        {"Anna", "", "", 0},
    };
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct mask_words words = {.n = 0};
        char text[200];
        (void)str_copy(text, sizeof(text), str_of(row[i].text));
        mask_words_add(&words, str_of(row[i].word));
        bool in = mask_words_in(&words, str_of(text));
        uint32_t places = mask_words_out(&words, text, strlen(text));
        if (places != row[i].places || in != (places > 0) || strcmp(text, row[i].want) != 0)
            fail_msg("row %zu: %u %s", i, places, text);
        mask_words_done(&words);
    }
}

static void a_word_that_is_too_short_is_said(void **state)
{
    (void)state;
    struct mask_words words = {.n = 0};
    mask_words_add(&words, CW_STR("李"));
    mask_words_add(&words, CW_STR("Bo"));
    mask_words_add(&words, CW_STR("李四"));
    mask_words_add(&words, CW_STR("李四"));
    assert_int_equal(words.n_short, 2);
    assert_int_equal(words.n, 3); /* raw, and escaped in two ways */
    mask_words_done(&words);
}

static void free_text_goes_and_the_document_stays(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } row[] = {
        {"{\"alarm\":\"A\",\"note\":\"she \\\"fell\\\"\",\"rev\":3}",
         "{\"alarm\":\"A\",\"note\":\"############\",\"rev\":3}"},
        {"{\"text\" : \"x\",\"type\":\"note\"}", "{\"text\" : \"#\",\"type\":\"note\"}"},
        {"{\"note\":3,\"reason\":\"\"}", "{\"note\":3,\"reason\":\"\"}"},
        {"{\"note\":\"never ends", "{\"note\":\"##########"},
        {"note=\"x\"", "note=\"x\""},
        {"{\"note\":\"ends in \\", "{\"note\":\"#########"},
    };
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        char text[200];
        (void)str_copy(text, sizeof(text), str_of(row[i].text));
        (void)mask_free_text(text, strlen(text));
        if (strcmp(text, row[i].want) != 0)
            fail_msg("row %zu: %s", i, text);
    }
}

static void a_document_mentions_what_its_member_says(void **state)
{
    (void)state;
    struct cw_str json = CW_STR("{\"resident\": \"r-88\",\"alarm\":\"01\",\"x\":\"r-9\"}");
    assert_true(mask_mentions(json, "resident", CW_STR("r-88")));
    assert_true(mask_mentions(json, "alarm", CW_STR("01")));
    assert_false(mask_mentions(json, "resident", CW_STR("r-8")));
    assert_false(mask_mentions(json, "resident", CW_STR("r-9")));
    assert_false(mask_mentions(CW_STR(""), "resident", CW_STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_masked_where_they_stand_alone),
        cmocka_unit_test(a_word_that_is_too_short_is_said),
        cmocka_unit_test(free_text_goes_and_the_document_stays),
        cmocka_unit_test(a_document_mentions_what_its_member_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

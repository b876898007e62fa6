/*
 * test_note.c - notes of the daemon are codes when they are shown, however old.
 */
#include "core/alarm/note.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static const char *shown(const char *note)
{
    static char text[400];
    struct buf buf;
    struct json_out out;
    buf_init(&buf, sizeof(text));
    json_out_init(&out, &buf);
    json_object(&out);
    note_json(str_of(note), &out);
    json_object_end(&out);
    (void)snprintf(text, sizeof(text), "%s", buf_text(&buf));
    buf_done(&buf);
    return text;
}

static void every_sentence_has_its_code(void **state)
{
    (void)state;
    for (int i = 0; i < N_NOTES; i++) {
        assert_non_null(strstr(shown(note_text((enum note_code)i)), "{\"code\":\""));
        for (int k = 0; k < i; k++)
            assert_string_not_equal(note_text((enum note_code)i), note_text((enum note_code)k));
    }
    assert_string_equal(shown("time is up"), "{\"code\":\"time_up\",\"args\":[]}");
}

static void a_step_names_its_number_chain_and_persons(void **state)
{
    static const struct {
        const char *note, *wanted;
    } row[] = {
        {"step 2 of night-calls: li, wang",
         "{\"code\":\"step\",\"args\":[\"2\",\"night-calls\",\"li, wang\"]}"},
        {"step 1 of all:", "{\"code\":\"step\",\"args\":[\"1\",\"all\",\"\"]}"},
        {"step x of all: li", "{}"},
        {"step 1", "{}"},
        {"step 1 by step", "{}"},
        {"", "{}"},
        {"time is up, go", "{}"},
    };
    char note[160];
    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
        assert_string_equal(shown(row[i].note), row[i].wanted);
    (void)snprintf(note, sizeof(note), NOTE_STEP " li", 3u, "night"); /* as it is written */
    assert_string_equal(shown(note), "{\"code\":\"step\",\"args\":[\"3\",\"night\",\"li\"]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sentence_has_its_code),
        cmocka_unit_test(a_step_names_its_number_chain_and_persons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

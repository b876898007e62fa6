/*
 * test_log.c - one event is one line, and what repeats is said ever more rarely.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/str.h"
#include "base/units.h"

/* stderr goes into a pipe while a test runs. */
static int ends[2], saved;

static int catch_stderr(void **state)
{
    (void)state;
    if (pipe(ends) != 0)
        return -1;
    saved = dup(STDERR_FILENO);
    return dup2(ends[1], STDERR_FILENO) < 0 ? -1 : 0;
}

static int release_stderr(void **state)
{
    (void)state;
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[0]);
    close(ends[1]);
    log_set_level(LOG_LEVEL_INFO);
    return 0;
}

/* What was logged since the last call; a marker byte keeps an empty pipe from blocking. */
static const char *logged(void)
{
    static char text[8192];
    if (write(ends[1], "", 1) != 1)
        return "";
    ssize_t n = read(ends[0], text, sizeof(text));
    return n > 0 ? text : "";
}

static void a_line_begins_with_its_level(void **state)
{
    (void)state;
    log_set_level(LOG_LEVEL_DEBUG);
    log_err("a");
    log_warning("b site=%s", "s1");
    log_info("c");
    log_debug("d");
    assert_string_equal(logged(), "<3>a\n<4>b site=s1\n<6>c\n<7>d\n");
    log_set_level(LOG_LEVEL_WARNING);
    log_info("not this");
    log_warning("this");
    assert_string_equal(logged(), "<4>this\n");
}

static void an_outsider_cannot_begin_a_line(void **state)
{
    (void)state;
    log_err("site=%s", "a\n<6>all is well\r\t\x1b[2J");
    assert_string_equal(logged(), "<3>site=a\\n<6>all is well\\u000d\\u0009\\u001b[2J\n");
    log_err("site=%s", "\xe2\x80\xae!\xff\xc2\x85 \xe4\xb8\xad");
    assert_string_equal(logged(), "<3>site=\\u202e!\\xff\\u0085 \xe4\xb8\xad\n");
}

static void a_line_that_is_too_long_is_cut(void **state)
{
    (void)state;
    log_err("%03000d", 0);
    const char *text = logged();
    assert_true(strlen(text) < 2100);
    assert_string_equal(text + strlen(text) - 5, "0...\n");
}

static void a_complaint_is_repeated_ever_more_rarely(void **state)
{
    (void)state;
    struct complaint complaint = {0};
    complaint_over(&complaint, "never was");
    assert_string_equal(logged(), "");
    int n_said = 0;
    for (int64_t second = 0; second < 16; second++) {
        complain(&complaint, second * NS_PER_S, "broker refuses");
        n_said += logged()[0] != '\0';
    }
    assert_int_equal(n_said, 5); /* after 0, 1, 3, 7, 15 s */
    complain(&complaint, 16 * NS_PER_S, "broker refuses");
    assert_string_equal(logged(), "");
    complain(&complaint, 40 * NS_PER_S, "broker refuses");
    assert_string_equal(logged(), "<4>broker refuses repeated=1\n");
    complaint_over(&complaint, "broker accepts");
    complaint_over(&complaint, "broker accepts");
    assert_string_equal(logged(), "<6>broker accepts\n");
    complain(&complaint, 41 * NS_PER_S, "broker refuses");
    assert_string_equal(logged(), "<4>broker refuses\n");
}

static void levels_have_names(void **state)
{
    (void)state;
    enum log_level level;
    assert_int_equal(log_level_parse("debug", &level), 0);
    assert_int_equal(level, LOG_LEVEL_DEBUG);
    assert_int_equal(log_level_parse("loud", &level), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_begins_with_its_level, catch_stderr,
                                        release_stderr),
        cmocka_unit_test_setup_teardown(an_outsider_cannot_begin_a_line, catch_stderr,
                                        release_stderr),
        cmocka_unit_test_setup_teardown(a_line_that_is_too_long_is_cut, catch_stderr,
                                        release_stderr),
        cmocka_unit_test_setup_teardown(a_complaint_is_repeated_ever_more_rarely, catch_stderr,
                                        release_stderr),
        cmocka_unit_test(levels_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

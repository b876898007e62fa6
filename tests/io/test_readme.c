/*
 * test_readme.c - what the README says of our own alarms and promises is what the program
 * has: a row for each technical alarm with its priority and grace, and tests that are there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/units.h"
#include "core/rules.h"
#include "io/config_private.h"

static struct buf readme;

static int read_readme(void **state)
{
    char room[65536];
    size_t n;
    FILE *file = fopen(SOURCE_DIR "/README.md", "r");
    (void)state;
    if (!file)
        return -1;
    buf_init(&readme, 4 << 20);
    while ((n = fread(room, 1, sizeof(room), file)) > 0)
        buf_add(&readme, room, n);
    buf_add_char(&readme, '\0');
    fclose(file);
    return 0;
}

static int forget_readme(void **state)
{
    (void)state;
    buf_done(&readme);
    return 0;
}

/* The row of the table that begins so, without its line's end; n 0: none. */
static struct cw_str row_of(const char *name)
{
    char begin[MAX_ID + 8];
    (void)snprintf(begin, sizeof(begin), "\n| `%s` ", name);
    const char *at = strstr(readme.p, begin);
    if (!at)
        return CW_STR("");
    return (struct cw_str){at + 1, strcspn(at + 1, "\n")};
}

static bool row_has(struct cw_str row, const char *text)
{
    char copy[2000];
    assert_true(str_copy(copy, sizeof(copy), row));
    return strstr(copy, text) != NULL;
}

/* "5m" as the page has it: "after 5 min". */
static void grace_of(const char *after, char dst[40])
{
    int64_t ns = 0;
    assert_int_equal(duration_parse(str_of(after), &ns, NULL), 0);
    int64_t s = ns / NS_PER_S;
    (void)snprintf(dst, 40, s % 60 == 0 ? "after %lld min |" : "after %lld s |",
                   (long long)(s % 60 == 0 ? s / 60 : s));
}

static void every_technical_alarm_has_its_row(void **state)
{
    (void)state;
    for (const struct builtin_rule *rule = builtin_rules; rule->name; rule++) {
        char says[80], grace[40] = "|";
        if (strcmp(rule->category, "technical") != 0)
            continue;
        if (rule->after)
            grace_of(rule->after, grace);
        (void)snprintf(says, sizeof(says), "` %s%s%s", rule->priority, rule->after ? ", " : " ",
                       grace);
        struct cw_str row = row_of(rule->name);
        if (row.n == 0)
            fail_msg("the README has no row for %s", rule->name);
        if (!row_has(row, says))
            fail_msg("the README says something else of %s than \"%s\"", rule->name, says);
    }
}

static const char *section(const char *title)
{
    char line[100];
    (void)snprintf(line, sizeof(line), "\n## %s\n", title);
    const char *begin = strstr(readme.p, line);
    if (!begin)
        fail_msg("the README has no section \"%s\"", title);
    return begin + strlen(line);
}

/* No row speaks of an alarm that is none. */
static void every_row_is_an_alarm(void **state)
{
    (void)state;
    const char *at = section("What each technical alarm wants of the operator");
    const char *end = strstr(at, "\n## ");
    uint32_t n = 0;
    for (; (at = strstr(at, "\n| `")) && at < end; n++) {
        char name[MAX_ID + 1];
        struct cw_str rest = {at + 4, strcspn(at + 4, "`")};
        assert_true(str_copy(name, sizeof(name), rest));
        bool known = false;
        for (const struct builtin_rule *rule = builtin_rules; rule->name; rule++)
            known = known || strcmp(rule->name, name) == 0;
        if (!known)
            fail_msg("the README has a row for %s, which is no built-in rule", name);
        at += 4;
    }
    assert_true(n > 20);
}

/* "tests/x/test_y.c", or one behind it in the same row: "test_z.mjs". */
static bool is_there(const char *folder, const char *name)
{
    char path[400];
    static const char *const endings[] = {"", ".c", ".mjs"};
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(path, sizeof(path), "%s/%s%s%s", SOURCE_DIR, folder, name, endings[i]);
        if (access(path, F_OK) == 0)
            return true;
    }
    return false;
}

/* The last column of a row names tests; the folder of one counts for those behind it. */
static uint32_t check_tests(struct cw_str row)
{
    char text[4000], folder[200] = "";
    uint32_t n = 0;
    assert_true(str_copy(text, sizeof(text), row));
    char *last = strrchr(text, '|');
    *last = '\0';
    for (char *at = strrchr(text, '|'); (at = strchr(at, '`')); n++) {
        char *name = at + 1, *end = strchr(name, '`');
        assert_non_null(end);
        *end = '\0';
        at = end + 1;
        if (strchr(name, '*'))
            continue; /* several */
        char *slash = strrchr(name, '/');
        if (strncmp(name, "tests/", 6) == 0) {
            (void)snprintf(folder, sizeof(folder), "%.*s/", (int)(slash - name), name);
            name = slash + 1;
        }
        if (!is_there(folder, name))
            fail_msg("the README names the test %s%s, which is not there", folder, name);
    }
    return n;
}

static void every_promise_names_tests_that_exist(void **state)
{
    (void)state;
    const char *at = section("What is kept, and after what");
    const char *end = strstr(at, "\n## ");
    uint32_t n_rows = 0;
    at = strstr(at, "\n|---|---|---|\n");
    assert_true(at && at < end);
    for (at += strlen("\n|---|---|---|\n"); *at == '|'; n_rows++) {
        struct cw_str row = {at, strcspn(at, "\n")};
        if (check_tests(row) == 0)
            fail_msg("a promise without a test: %.*s", (int)row.n, row.p);
        at += row.n + 1;
    }
    assert_true(n_rows > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_technical_alarm_has_its_row, read_readme,
                                        forget_readme),
        cmocka_unit_test_setup_teardown(every_row_is_an_alarm, read_readme, forget_readme),
        cmocka_unit_test_setup_teardown(every_promise_names_tests_that_exist, read_readme,
                                        forget_readme),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

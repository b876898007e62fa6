/*
 * test_replay_diff.c - two runs side by side: what was added, removed, moved.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/units.h"
#include "cli/replay_diff.h"

/* "rule subject raised cleared" in seconds; cleared 0: still lasts. */
struct row {
    const char *rule, *subject;
    int raised_s, cleared_s;
};

static void take(struct told_alarms *told, const struct row *row, size_t n)
{
    told_init(told);
    for (size_t i = 0; i < n && row[i].rule; i++) {
        struct alarm alarm = {.rev = 1,
                              .priority = CW_PRIORITY_LOW,
                              .state = ALARM_UNACK,
                              .category = CATEGORY_SAFETY};
        struct transition t = {.alarm = &alarm, .change = CHANGE_RAISED};
        (void)snprintf(alarm.id, sizeof(alarm.id), "%s%d", row[i].subject, row[i].raised_s);
        (void)snprintf(alarm.rule, sizeof(alarm.rule), "%s", row[i].rule);
        (void)snprintf(alarm.subject, sizeof(alarm.subject), "%s", row[i].subject);
        alarm.raised_ns = row[i].raised_s * NS_PER_S;
        alarm.cleared_ns = row[i].cleared_s * NS_PER_S;
        told_take(told, &t);
    }
}

static void differences_are_named(void **state)
{
    static const struct {
        struct row before[3], after[3];
        const char *want; /* changes in order */
    } table[] = {
        {{{"a", "s/1", 1, 5}}, {{"a", "s/1", 1, 5}}, ""},
        {{{"a", "s/1", 1, 5}}, {{"a", "s/1", 1, 9}}, ""},
        {{{"a", "s/1", 1, 5}}, {{"a", "s/1", 3, 5}}, "moved "},
        {{{"a", "s/1", 1, 5}}, {{"a", "s/1", 7, 9}}, "removed added "},
        {{{"a", "s/1", 1, 0}}, {{"a", "s/1", 7, 9}}, "moved "},
        {{{"a", "s/1", 1, 5}}, {{"a", "s/2", 1, 5}}, "removed added "},
        {{{"a", "s/1", 1, 5}}, {{"b", "s/1", 1, 5}}, "removed added "},
        {{{0}}, {{"a", "s/1", 1, 5}, {"a", "s/2", 2, 5}}, "added added "},
        {{{"a", "s/1", 1, 3}, {"a", "s/1", 4, 6}}, {{"a", "s/1", 1, 3}}, "removed "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct told_alarms before, after;
        struct buf out;
        char got[200] = "";
        take(&before, table[i].before, 3);
        take(&after, table[i].after, 3);
        buf_init(&out, 65536);
        (void)told_diff(&before, &after, 100 * NS_PER_S, false, &out);
        struct cw_str rest = buf_str(&out), line, word;
        while (str_split(&rest, '\n', &line)) {
            if (str_split(&line, ' ', &word) && word.n > 0)
                (void)snprintf(got + strlen(got), sizeof(got) - strlen(got), "%.*s ",
                               (int)word.n, word.p);
        }
        if (strcmp(got, table[i].want) != 0)
            fail_msg("row %zu: \"%s\" instead of \"%s\"", i, got, table[i].want);
        buf_done(&out);
        told_done(&before);
        told_done(&after);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(differences_are_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_rule_script.c - scripts of rule tests: what each line becomes, and mistakes by line;
 * then `carewatch test` itself, whose answer is TAP.
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
#include "base/instant.h"
#include "base/units.h"
#include "cli/rule_script.h"

static void print_steps(const struct script_test *test, struct buf *out)
{
    for (size_t i = 0; i < test->n_steps; i++) {
        const struct record *record = &test->step[i].record;
        buf_printf(out, "%lld %.*s %.*s\n", (long long)(test->step[i].at_ns / NS_PER_MS),
                   (int)record->topic.n, record->topic.p, (int)record->payload.n,
                   record->payload.p);
    }
}

struct row {
    const char *line, *steps;
};

static void check(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct script script;
        struct cw_error err = {""};
        struct buf text, steps;
        buf_init(&text, 65536);
        buf_init(&steps, 65536);
        buf_printf(&text, "test one\n  start 2026-11-23T22:00:00+08:00\n  %s\r\n",
                   rows[i].line);
        if (script_read(&script, buf_str(&text), &err))
            fail_msg("%s: %s", rows[i].line, err.text);
        print_steps(&script.test[0], &steps);
        assert_string_equal(buf_text(&steps), rows[i].steps);
        script_free(&script);
        buf_done(&text);
        buf_done(&steps);
    }
}

static void lines_become_messages_in_order_of_time(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"at 5m s1/bed-1 in_bed=false hr=62.5 consciousness=V",
         "300000 care/v1/s1/bed-1/telemetry "
         "{\"in_bed\":false,\"hr\":62.5,\"consciousness\":\"V\"}\n"},
        {"at 0 s1/bed-1 {\"hr\": 1, \"spo2\": 2}",
         "0 care/v1/s1/bed-1/telemetry {\"hr\": 1, \"spo2\": 2}\n"},
        {"at 1s s1/gw roster {\"site\": {}}", "1000 care/v1/s1/gw/roster {\"site\": {}}\n"},
        {"at 1s s1/gw status {\"online\":true}",
         "1000 care/v1/s1/gw/status {\"online\":true}\n"},
        {"at 1h s1/gw event resident.away resident=r-1 expected=+2h",
         "3600000 care/v1/s1/gw/event "
         "{\"id\":\"line-3\",\"type\":\"resident.away\",\"resident\":\"r-1\",\"expected\":"
         "\"2026-11-23T17:00:00.000Z\"}\n"},
        {"at 9m link down", "540000  down\n"},
        {"every 10s from 1m s1/b spo2: 97x2 _ 95-1.5x3 true",
         "60000 care/v1/s1/b/telemetry {\"spo2\":97}\n"
         "70000 care/v1/s1/b/telemetry {\"spo2\":97}\n"
         "90000 care/v1/s1/b/telemetry {\"spo2\":95}\n"
         "100000 care/v1/s1/b/telemetry {\"spo2\":93.5}\n"
         "110000 care/v1/s1/b/telemetry {\"spo2\":92}\n"
         "120000 care/v1/s1/b/telemetry {\"spo2\":true}\n"},
        {"every 1s from 0 s1/b t: -1+0.5x2 _x2 -3",
         "0 care/v1/s1/b/telemetry {\"t\":-1}\n1000 care/v1/s1/b/telemetry {\"t\":-0.5}\n"
         "4000 care/v1/s1/b/telemetry {\"t\":-3}\n"},
        {"site s9 home", "0 site {\"site\":\"s9\",\"kind\":\"home\",\"by\":\"test\"}\n"},
        {"at 2s s1/b a=1\nat 1s s1/b a=2\nat 1s s1/b a=3",
         "1000 care/v1/s1/b/telemetry {\"a\":2}\n1000 care/v1/s1/b/telemetry {\"a\":3}\n"
         "2000 care/v1/s1/b/telemetry {\"a\":1}\n"},
        {"at 1s s1/gw event visit.planned place={\"lat\":1,\"lon\":2} start=-10m",
         "1000 care/v1/s1/gw/event {\"id\":\"line-3\",\"type\":\"visit.planned\","
         "\"place\":{\"lat\":1,\"lon\":2},\"start\":\"2026-11-23T13:50:01.000Z\"}\n"},
        {"# nothing\n\n   \t", ""},
    };
    check(rows, sizeof(rows) / sizeof(rows[0]));
}

static void what_persons_do_becomes_commands(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"at 1s maintain site=s1 device=gw for=30m by=li",
         "1000 maintain {\"site\":\"s1\",\"device\":\"gw\",\"for\":\"30m\",\"by\":\"li\"}\n"},
        {"at 1s ack hot s1/b/temp", "1000 ack {\"by\":\"test\"}\n"},
        {"at 1s shelve hot for=1h by=li", "1000 shelve {\"for\":\"1h\",\"by\":\"li\"}\n"},
        {"at 1s silence rule=hot site=~s.* kind!=fall bed!~1-.* for=2h",
         "1000 silence {\"by\":\"test\",\"id\":\"line-3\",\"matchers\":["
         "{\"name\":\"rule\",\"value\":\"hot\",\"isRegex\":false,\"isEqual\":true},"
         "{\"name\":\"site\",\"value\":\"s.*\",\"isRegex\":true,\"isEqual\":true},"
         "{\"name\":\"kind\",\"value\":\"fall\",\"isRegex\":false,\"isEqual\":false},"
         "{\"name\":\"bed\",\"value\":\"1-.*\",\"isRegex\":true,\"isEqual\":false}],"
         "\"for\":\"2h\"}\n"},
    };
    check(rows, sizeof(rows) / sizeof(rows[0]));
}

static const struct {
    const char *text, *part;
} mistakes[] = {
    {"at 0 s1/b a=1", "line 1: it stands in no test"},
    {"test", "line 1: a test needs a name"},
    {"test a\nsurely", "line 2: a line begins with"},
    {"test a\nat soon s1/b a=1", "line 2: a time since"},
    {"test a\nat 0 bed a=1", "line 2: SITE/DEVICE"},
    {"test a\nat 0 s1/b a", "line 2: NAME=VALUE"},
    {"test a\nat 0 s1/b event", "line 2: the type is missing"},
    {"test a\nevery 1s s1/b a: 1", "line 2: every TIME from TIME"},
    {"test a\nevery 1s from 0 s1/b a 1", "line 2: METRIC:"},
    {"test a\nevery 1s from 0 s1/b a: 1x0", "line 2: a value is repeated"},
    {"test a\nevery 1s from 0 s1/b a: one", "line 2: a value such as"},
    {"test a\nevery 1s from 0 s1/b a: true+1x2", "line 2: a value such as"},
    {"test a\nstart noon", "line 2: a moment"},
    {"test a\nat 0 s1/b a=1\nstart 2026-11-23T22:00:00Z", "line 3: start stands before"},
    {"test a\nexpect 5m told rule", "line 2: expect TIME"},
    {"test a\nat 0 ack", "line 2: the rule whose alarm it is"},
    {"test a\nat 0 ack by=li", "line 2: the rule whose alarm it is"},
    {"test a\nat 0 ack hot s1/b nobody", "line 2: NAME=VALUE"},
    {"test a\nat 0 silence hot", "line 2: a matcher such as"},
    {"test a\nat 0 silence rule=", "line 2: a matcher such as"},
    {"test a\nat 0 silence ~x=1", "line 2: a matcher such as"},
    {"test a\nexpect 5m raised", "line 2: expect TIME"},
    {"test a\nsite s1", "line 2: site SITE KIND"},
    {"rules a\nrules b", "line 2: one file"},
};

static void mistakes_name_their_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        struct script script;
        struct cw_error err = {""};
        assert_int_equal(script_read(&script, str_of(mistakes[i].text), &err), -22);
        if (strncmp(err.text, mistakes[i].part, strlen(mistakes[i].part)) != 0)
            fail_msg("row %zu: \"%s\"", i, err.text);
        script_free(&script);
    }
}

/* ---- the command ---- */

static int run(const char *folder, const char *script, struct buf *out)
{
    char path[256], command[600], room[4096];
    size_t n;
    snprintf(path, sizeof(path), "%s/x.test", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(script, file);
    assert_int_equal(fclose(file), 0);
    snprintf(command, sizeof(command), "%s/carewatch test %s 2>&1", BINARY_DIR, path);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    buf_clear(out);
    while ((n = fread(room, 1, sizeof(room), pipe)) > 0)
        buf_add(out, room, n);
    int status = pclose(pipe);
    (void)unlink(path);
    return WEXITSTATUS(status);
}

/* x.conf in a folder of its own. */
static void write_rules(char *folder, char *path, size_t max)
{
    assert_non_null(mkdtemp(folder));
    snprintf(path, max, "%s/x.conf", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("rules = ( { name = \"hot\"; detector = \"threshold\"; metric = \"temp\"; "
          "above = 38.0; } );\n",
          file);
    assert_int_equal(fclose(file), 0);
}

static void the_answer_is_tap(void **state)
{
    (void)state;
    char folder[] = "/tmp/carewatch-script-XXXXXX", path[256];
    struct buf out;
    write_rules(folder, path, sizeof(path));
    buf_init(&out, 1 << 20);
    assert_int_equal(run(folder,
                         "rules x.conf\ntest good\nat 1m s1/b temp=39\n"
                         "expect 1m raised hot s1/b/temp\ntest quiet\nat 1m s1/b temp=37\n",
                         &out),
                     0);
    assert_string_equal(buf_text(&out), "TAP version 14\n1..2\nok 1 - good\nok 2 - quiet\n");
    assert_int_equal(run(folder,
                         "rules x.conf\ntest bad\nat 1m s1/b temp=39\n"
                         "expect 2m raised hot\nexpect 3m cleared hot\n",
                         &out),
                     1);
    assert_non_null(strstr(buf_text(&out), "not ok 1 - bad\n  ---\n"));
    assert_non_null(strstr(buf_text(&out), "x.test:2\n  missing:\n    - 2m raised hot\n"
                                           "    - 3m cleared hot\n  unexpected:\n"
                                           "    - 1m raised hot s1/b/temp\n  ...\n"));
    /* What a rule may say, and what the daemon would have refused. */
    assert_int_equal(
        run(folder, "rules x.conf\ntest ignored\nat 1m s1/b temp=39\nignore hot\n", &out), 0);
    assert_int_equal(
        run(folder, "rules x.conf\ntest refused\nat 1m s1/b event call.lost\n", &out), 1);
    assert_non_null(strstr(buf_text(&out), "There is no event type"));
    assert_int_equal(run(folder, "test a\n", &out), 2);
    assert_int_equal(run(folder, "rules y.conf\ntest a\n", &out), 2);
    assert_int_equal(run(folder, "nonsense\n", &out), 2);
    (void)unlink(path);
    (void)rmdir(folder);
    buf_done(&out);
}

static void persons_act_at_their_time(void **state)
{
    (void)state;
    char folder[] = "/tmp/carewatch-script-XXXXXX", path[256];
    struct buf out;
    write_rules(folder, path, sizeof(path));
    buf_init(&out, 1 << 20);
    assert_int_equal(
        run(folder,
            "rules x.conf\ntest acked\nat 1m s1/b temp=39\nat 2m ack hot by=li\n"
            "at 3m s1/b temp=37\nat 4m maintain site=s1 for=1h\nat 5m s1/b temp=39\n"
            "at 6m maintained site=s1\nat 7m ack cold\nat 7m ack hot s1/c/temp\n"
            "expect 1m raised hot\nexpect 2m acked hot\nexpect 3m cleared hot\n"
            "expect 5m suppressed hot\nexpect 6m unsuppressed hot\n"
            "expect 7m refused ack\nexpect 7m refused ack\n",
            &out),
        0);
    assert_int_equal(run(folder,
                         "rules x.conf\ntest told\nat 1m maintain site=s1 for=1h\n"
                         "at 0 s1/b temp=37\nat 0 s1/c temp=37\nat 5m s1/b temp=39\n"
                         "at 2h s1/c temp=39\nat 3h ack hot\n",
                         &out),
                     1);
    assert_non_null(strstr(buf_text(&out), "    - 1h1m unsuppressed hot s1/b/temp\n"
                                           "    - 2h raised hot s1/c/temp\n"
                                           "    - \"3h refused ack: the rule has several"));
    (void)unlink(path);
    (void)rmdir(folder);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_become_messages_in_order_of_time),
        cmocka_unit_test(what_persons_do_becomes_commands),
        cmocka_unit_test(mistakes_name_their_line),
        cmocka_unit_test(the_answer_is_tap),
        cmocka_unit_test(persons_act_at_their_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

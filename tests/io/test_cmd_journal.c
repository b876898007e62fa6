/*
 * test_cmd_journal.c - `carewatch journal ...` on a journal with one record of each shape:
 * what it prints and how it exits. Each run is a child of its own, for getopt's sake.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "cli/cli.h"
#include "io/journal_file.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))
#define MAX_ARGUMENTS 8

static char dir[64], output[1 << 20];

static const struct record records[] = {
    {.kind = RECORD_MESSAGE,
     .flags = RECORD_QOS1 | RECORD_DUP,
     .source = 1,
     .message_id = 7,
     .topic = {"care/v1/s1/bed-1/event", 22},
     .payload = {"{\"id\":\"e1\",\n\"text\":\"private\"}", 29}},
    {.kind = RECORD_MESSAGE, .topic = {"t", 1}, .payload = {"hr=72 \"x\"", 9}},
    {.kind = RECORD_MESSAGE, .topic = {"t", 1}, .payload = {"\xff\xfe!?", 4}},
    {.kind = RECORD_MESSAGE, .topic = {"t", 1}, .payload = {"{\"cut\":", 7}},
    {.kind = RECORD_COMMAND,
     .topic = {"ack", 3},
     .payload = {"{\"alarm\":\"a1\",\"by\":\"li\"}", 24}},
    {.kind = RECORD_LINK, .source = 1, .payload = {"down", 4}},
    {.kind = RECORD_TICK},
};

static const char all_lines[] =
    "{\"ns\":1,\"position\":\"1.64\",\"kind\":\"message\",\"source\":1,"
    "\"topic\":\"care/v1/s1/bed-1/event\",\"payload\":{\"id\":\"e1\", \"text\":\"private\"},"
    "\"qos\":1,\"retain\":false,\"dup\":true,\"message_id\":7}\n"
    "{\"ns\":2,\"position\":\"1.144\",\"kind\":\"message\",\"topic\":\"t\","
    "\"payload\":\"hr=72 \\\"x\\\"\",\"qos\":0,\"retain\":false,\"dup\":false}\n"
    "{\"ns\":3,\"position\":\"1.184\",\"kind\":\"message\",\"topic\":\"t\","
    "\"payload_b64\":\"//4hPw==\",\"qos\":0,\"retain\":false,\"dup\":false}\n"
    "{\"ns\":4,\"position\":\"1.216\",\"kind\":\"message\",\"topic\":\"t\","
    "\"payload\":\"{\\\"cut\\\":\",\"qos\":0,\"retain\":false,\"dup\":false}\n"
    "{\"ns\":5,\"position\":\"1.248\",\"kind\":\"command\",\"command\":\"ack\","
    "\"alarm\":\"a1\",\"by\":\"li\"}\n"
    "{\"ns\":6,\"position\":\"1.304\",\"kind\":\"link\",\"source\":1,\"link\":\"down\"}\n";
static const char tick_line[] = "{\"ns\":7,\"position\":\"1.336\",\"kind\":\"tick\"}\n";

static struct journal *opened(void)
{
    struct journal *journal;
    const struct journal_options options = {.dir = dir, .segment_bytes = 65536};
    assert_int_equal(journal_open(&journal, &options, NULL), 0);
    return journal;
}

static int make_journal(void **state)
{
    (void)state;
    (void)snprintf(dir, sizeof(dir), "/tmp/test_cmd_journal.XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    struct journal *journal = opened();
    for (size_t i = 0; i < N(records); i++)
        assert_int_equal(journal_append(journal, &records[i], 0, SYNC_LATER, NULL), 0);
    journal_close(journal);
    return 0;
}

static int remove_journal(void **state)
{
    (void)state;
    char command[100];
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    return system(command);
}

/* Begins a second segment, so that the first one is sealed. */
static void seal(void)
{
    static char large[65200];
    memset(large, 'x', sizeof(large));
    struct journal *journal = opened();
    struct record record = {.kind = RECORD_MESSAGE, .payload = {large, sizeof(large)}};
    assert_int_equal(journal_append(journal, &record, 0, SYNC_LATER, NULL), 0);
    journal_close(journal);
}

/* Segments that are taken away when the first output came; a child that writes into a pipe
 * nobody empties stands still in the first segment then. */
static const char *const *taken;

static void take_away(void)
{
    char path[128];
    for (; taken && *taken; taken++) {
        (void)snprintf(path, sizeof(path), "%s/%s", dir, *taken);
        assert_int_equal(unlink(path), 0);
    }
}

/* Runs `journal arguments...` (NULL at the end); its stdout is in `output`, and what it says
 * beside that behind it. */
static int run(const char *const *arguments)
{
    int ends[2], status;
    char *argv[MAX_ARGUMENTS] = {(char *)(uintptr_t) "journal"};
    int argc = 1;
    for (; arguments[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)arguments[argc - 1];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        if (taken)
            dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        int code = cmd_journal(argc, argv);
        fflush(stdout);
        _exit(code);
    }
    close(ends[1]);
    size_t n = 0;
    for (ssize_t got; (got = read(ends[0], output + n, sizeof(output) - 1 - n)) > 0;) {
        take_away();
        n += (size_t)got;
    }
    output[n] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

static void every_shape_of_record_is_a_line(void **state)
{
    (void)state;
    char wanted[4096];
    (void)snprintf(wanted, sizeof(wanted), "%s%s", all_lines, tick_line);
    assert_int_equal(RUN("dump", dir), EXIT_OK);
    assert_string_equal(output, wanted);
    assert_int_equal(RUN("dump", "--capture", dir), EXIT_OK);
    assert_string_equal(output, all_lines);
}

static void a_sound_journal_is_verified(void **state)
{
    (void)state;
    assert_int_equal(RUN("verify", dir), EXIT_OK);
    assert_string_equal(output, "7 records, 0 damaged places\n");
}

static void every_damaged_place_is_named(void **state)
{
    (void)state;
    char path[128];
    seal();
    seal();
    static const char *const names[] = {"0000000000000000.seg", "0000000000010000.seg"};
    for (size_t i = 0; i < N(names); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
        int fd = open(path, O_WRONLY);
        assert_int_equal(pwrite(fd, "?", 1, 200), 1);
        close(fd);
    }
    assert_int_equal(RUN("verify", dir), EXIT_NEGATIVE);
    assert_string_equal(output, "damaged: 0000000000000000.seg at 184: the record is damaged\n"
                                "damaged: 0000000000010000.seg at 64: the record is damaged\n"
                                "3 records, 2 damaged places\n");
}

static void figures_come_as_json(void **state)
{
    (void)state;
    assert_int_equal(RUN("stat", "-o", "json", dir), EXIT_OK);
    assert_non_null(strstr(output, "{\"records\":7,\"payload_bytes\":77,"
                                   "\"damaged_places\":0,\"first\":\"1.64\","
                                   "\"last\":\"1.336\","));
    assert_non_null(strstr(output, "\"kinds\":{\"message\":4,\"command\":1,"));
    assert_int_equal(RUN("stat", dir), EXIT_OK);
    assert_non_null(strstr(output, "records          7\n"));
}

static void what_was_redacted_is_gone_and_nothing_moves(void **state)
{
    (void)state;
    seal();
    assert_int_equal(RUN("redact", dir, "1.64", "--by", "li"), EXIT_OK);
    assert_int_equal(RUN("dump", dir), EXIT_OK);
    assert_null(strstr(output, "private"));
    assert_non_null(strstr(output, "\"position\":\"1.64\",\"kind\":\"message\",\"source\":1,"
                                   "\"redacted\":true,"));
    assert_non_null(strstr(output, "\"payload\":\"#############################\""));
    assert_non_null(strstr(output, strchr(all_lines, '\n')));
    assert_non_null(strstr(output, "\"kind\":\"redact\",\"payload\":"
                                   "{\"epoch\":1,\"offset\":64,\"by\":\"li\"}}"));
    assert_int_equal(RUN("verify", dir), EXIT_OK);
    char command[200];
    (void)snprintf(command, sizeof(command), "grep -rq private '%s'", dir);
    assert_int_not_equal(system(command), 0);
}

static void what_cannot_be_redacted_is_refused(void **state)
{
    (void)state;
    assert_int_equal(RUN("redact", dir, "1.64", "--by", "li"), EXIT_REFUSED); /* current */
    seal();
    assert_int_equal(RUN("redact", dir, "1.65", "--by", "li"), EXIT_NEGATIVE);
    assert_int_equal(RUN("redact", dir, "2.64", "--by", "li"), EXIT_NEGATIVE);
    assert_int_equal(RUN("redact", dir, "1.64"), EXIT_USAGE);
    assert_int_equal(RUN("redact", dir, "here", "--by", "li"), EXIT_USAGE);
    struct journal *journal = opened();
    assert_int_equal(RUN("redact", dir, "1.64", "--by", "li"), EXIT_REFUSED); /* in use */
    journal_close(journal);
    assert_int_equal(RUN("verify", dir), EXIT_OK);
}

/* Four segments, each of more lines than a pipe holds. */
static void fill_segments(void)
{
    struct journal *journal = opened();
    struct record record = {.kind = RECORD_MESSAGE, .topic = {"t", 1}, .payload = {"x", 1}};
    struct position at = {0, 0};
    while (at.offset < 4u * 65536)
        assert_int_equal(journal_append(journal, &record, 0, SYNC_LATER, &at), 0);
    journal_close(journal);
}

static void what_is_removed_meanwhile_is_said_and_passed(void **state)
{
    (void)state;
    static const char *const oldest[] = {"0000000000000000.seg", "0000000000010000.seg",
                                         "0000000000020000.seg", NULL};
    fill_segments();
    taken = oldest;
    assert_int_equal(RUN("dump", dir), EXIT_OK);
    taken = NULL;
    assert_non_null(strstr(output, "0000000000030000.seg at 0: the segments before this one "
                                   "were removed meanwhile, going on with it\n"));
    assert_non_null(strstr(output, "\"position\":\"1.64\""));
    assert_non_null(strstr(output, "\"position\":\"1.196672\"")); /* the next one's first */
    assert_null(strstr(output, "\"position\":\"1.65600\""));
    assert_int_equal(RUN("verify", dir), EXIT_OK);
}

static void a_hole_is_no_removal(void **state)
{
    (void)state;
    static const char *const middle[] = {"0000000000010000.seg", NULL};
    fill_segments();
    taken = middle;
    assert_int_equal(RUN("dump", dir), EXIT_NEGATIVE);
    taken = NULL;
    assert_non_null(strstr(output, "damaged: 0000000000020000.seg at 0: segments before this "
                                   "one are missing\n"));
    assert_int_equal(RUN("dump", dir), EXIT_NEGATIVE);
    assert_int_equal(RUN("verify", dir), EXIT_NEGATIVE);
}

static void usage_is_said(void **state)
{
    (void)state;
    assert_int_equal(RUN("frob", dir), EXIT_USAGE);
    assert_int_equal(RUN("verify"), EXIT_USAGE);
    assert_int_equal(RUN("verify", dir, "more"), EXIT_USAGE);
    assert_int_equal(RUN("verify", "/nowhere/at/all"), EXIT_UNREACHABLE);
    assert_int_equal(RUN("redact", "/nowhere/at/all", "1.64", "--by", "li"), EXIT_UNREACHABLE);
    assert_int_equal(RUN("--help"), EXIT_OK);
    assert_non_null(strstr(output, "usage: carewatch journal verify DIR"));
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, make_journal, remove_journal)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(every_shape_of_record_is_a_line),
        ON_DISK(a_sound_journal_is_verified),
        ON_DISK(every_damaged_place_is_named),
        ON_DISK(figures_come_as_json),
        ON_DISK(what_was_redacted_is_gone_and_nothing_moves),
        ON_DISK(what_cannot_be_redacted_is_refused),
        ON_DISK(what_is_removed_meanwhile_is_said_and_passed),
        ON_DISK(a_hole_is_no_removal),
        ON_DISK(usage_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_cmd_score.c - `carewatch score`: one line for one line, its forms of time and of
 * columns, and what it refuses. Each run is a child of its own, for getopt's sake.
 */
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

#define MAX_ARGUMENTS 12

static char output[65536];

/* Runs `score` with the arguments, separated by spaces, on the text; gives how it exits. */
static int run(const char *arguments, const char *input)
{
    char words[256], *argv[MAX_ARGUMENTS] = {"score"};
    int argc = 1;
    FILE *in = tmpfile(), *out = tmpfile();
    assert_true(in && out && str_copy(words, sizeof(words), str_of(arguments)));
    for (char *at = words, *word; (word = strsep(&at, " ")) && argc < MAX_ARGUMENTS - 1;)
        argv[argc++] = word;
    assert_true(fputs(input, in) >= 0 && fflush(in) == 0);
    rewind(in);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(fileno(in), STDIN_FILENO);
        dup2(fileno(out), STDOUT_FILENO);
        exit(cmd_score(argc, argv));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    rewind(out);
    output[fread(output, 1, sizeof(output) - 1, out)] = '\0';
    fclose(in);
    fclose(out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void each_line_is_answered_by_one(void **state)
{
    (void)state;
    static const struct {
        const char *arguments, *input, *output;
    } rows[] = {
        {"--detector threshold --set above=3",
         "timestamp,value\n2014-04-01 00:00:00,1\n2014-04-01 00:05:00,4\n",
         "timestamp,value,anomaly_score\n2014-04-01 00:00:00,1,0\n2014-04-01 00:05:00,4,1\n"},
        {"--detector threshold --set above=3", "1396310400,1\n1396310700,4",
         "1396310400,1,0\n1396310700,4,1\n"},
        {"--detector threshold --set above=3 --set for=5m",
         "1396310400,4\r\n1396310699.5,4\r\n1396310700,4\r\n",
         "1396310400,4,0\n1396310699.5,4,0\n1396310700,4,1\n"},
        {"--detector threshold --set above=3 --set for=5m",
         "1396310400000,4\n2014-04-01T00:05:00+00:00,4\n",
         "1396310400000,4,0\n2014-04-01T00:05:00+00:00,4,1\n"},
        /* a deadline between two lines counts for the later one */
        {"--detector absence --set for=1h", "0,1\n3599,1\n9000,1\n",
         "0,1,0\n3599,1,0\n9000,1,1\n"},
        /* each column for itself */
        {"--detector threshold --set above=3", "time,a,b\n10,1,1\n20,1,4\n30,4,4\n40,4,4\n",
         "time,a,b,anomaly_score\n10,1,1,0\n20,1,4,1\n30,4,4,1\n40,4,4,0\n"},
        /* what is no number is passed over */
        {"--detector threshold --set above=3", "t,v\n10,\n20,nan\n30,4\n",
         "t,v,anomaly_score\n10,,0\n20,nan,0\n30,4,1\n"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int exit_code = run(rows[i].arguments, rows[i].input);
        if (exit_code != EXIT_OK || strcmp(output, rows[i].output) != 0)
            fail_msg("row %zu: exit %d, \"%s\", wanted \"%s\"", i, exit_code, output,
                     rows[i].output);
    }
}

/* Both columns jump at once and stay: that is told once. */
static void columns_of_one_episode_are_told_once(void **state)
{
    (void)state;
    static char input[65536];
    size_t n = 0;
    unsigned n_told = 0, told_at = 0, line = 0;
    for (unsigned i = 0; i < 400; i++)
        n += (size_t)snprintf(input + n, sizeof(input) - n, "%u,%u.5,%u\n", 1000 + i * 60,
                              i * i % 7 + (i >= 300 ? 500 : 0), i % 5 + (i >= 300 ? 90 : 0));
    assert_int_equal(run("--detector ensemble", input), EXIT_OK);
    for (char *at = output, *text; (text = strsep(&at, "\n")) && *text; line++) {
        struct cw_str rest = str_of(text), score;
        for (int i = 0; i < 4; i++)
            assert_true(str_split(&rest, ',', &score));
        if (score.n > 2 && score.p[2] >= '7') {
            n_told++;
            told_at = line;
        }
    }
    assert_int_equal(line, 400);
    assert_int_equal(n_told, 1);
    assert_int_equal(told_at, 300);
}

static void what_cannot_be_scored_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *arguments, *input;
        int exit_code;
    } rows[] = {
        {"--set above=3", "0,1\n", EXIT_USAGE},
        {"--detector treshold", "0,1\n", EXIT_USAGE},
        {"--detector threshold", "0,1\n", EXIT_USAGE},
        {"--detector threshold --set abov=3", "0,1\n", EXIT_USAGE},
        {"--detector threshold --set above=x", "0,1\n", EXIT_USAGE},
        {"--detector threshold --set above=3 file.csv", "0,1\n", EXIT_USAGE},
        {"--detector threshold --set above=3", "t,v\n1,2\nnever,3\n", EXIT_NEGATIVE},
        {"--detector threshold --set above=3", "t\n1\n", EXIT_NEGATIVE},
        {"--detector threshold --set above=3", "-5,1\n-4,2\n", EXIT_NEGATIVE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int exit_code = run(rows[i].arguments, rows[i].input);
        if (exit_code != rows[i].exit_code)
            fail_msg("row %zu: exit %d, wanted %d", i, exit_code, rows[i].exit_code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_is_answered_by_one),
        cmocka_unit_test(columns_of_one_episode_are_told_once),
        cmocka_unit_test(what_cannot_be_scored_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_mem.c - allocation never gives NULL, and a bug says where it is.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"

static void nothing_is_still_a_pointer(void **state)
{
    (void)state;
    void *a = xmalloc(0), *b = xcalloc(0, 8), *c = xrealloc(NULL, 0);
    assert_non_null(a);
    assert_non_null(b);
    assert_non_null(c);
    free(a);
    free(b);
    free(c);
}

static void a_copy_ends_with_a_nul(void **state)
{
    (void)state;
    char *copy = xstrndup("carewatch", 4);
    assert_string_equal(copy, "care");
    free(copy);
    copy = xstrndup(NULL, 0);
    assert_string_equal(copy, "");
    free(copy);
}

static void a_bug_says_where_and_aborts(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        bug("lane.c", 12, "turn %d", 7);
    }
    close(ends[1]);
    char text[200] = "";
    ssize_t n = read(ends[0], text, sizeof(text) - 1);
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_true(n > 0);
    assert_non_null(strstr(text, "lane.c:12: turn 7\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_still_a_pointer),
        cmocka_unit_test(a_copy_ends_with_a_nul),
        cmocka_unit_test(a_bug_says_where_and_aborts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

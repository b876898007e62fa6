/*
 * config_told.h - for tests of the configuration: a folder for its files, and the mistakes
 * that were told as "LINE: sentence".
 */
#ifndef TESTS_CONFIG_TOLD_H
#define TESTS_CONFIG_TOLD_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/units.h"
#include "io/config.h"
#include "io/plugin_load.h"

#define MAX_TOLD 32

/* libconfig 1.5 leaks a few bytes when a syntax error follows a text. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig.so";
}

struct told {
    char dir[64];
    char text[MAX_TOLD][600]; /* "2: sentence", "other.conf:2: sentence", "-: sentence" */
    size_t n;
};

static inline void hear(void *ctx, const struct config_mistake *mistake)
{
    struct told *told = ctx;
    assert_true(told->n < MAX_TOLD);
    char *text = told->text[told->n++];
    const char *name = mistake->file ? strrchr(mistake->file, '/') : NULL;
    if (!mistake->file)
        (void)snprintf(text, 600, "-: %s", mistake->text);
    else if (name && strcmp(name, "/main.conf") == 0)
        (void)snprintf(text, 600, "%d: %s", mistake->line, mistake->text);
    else
        (void)snprintf(text, 600, "%s:%d: %s", name ? name + 1 : mistake->file, mistake->line,
                       mistake->text);
}

static inline const char *write_file(const struct told *told, const char *name,
                                     const char *text)
{
    static char path[200];
    (void)snprintf(path, sizeof(path), "%s/%s", told->dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return path;
}

static inline void remove_file(const struct told *told, const char *name)
{
    char path[200];
    (void)snprintf(path, sizeof(path), "%s/%s", told->dir, name);
    (void)unlink(path);
}

static inline int make_dir(void **state)
{
    struct told *told = xcalloc(1, sizeof(*told));
    (void)snprintf(told->dir, sizeof(told->dir), "/tmp/carewatch-config-XXXXXX");
    assert_non_null(mkdtemp(told->dir));
    *state = told;
    return 0;
}

static inline int remove_dir(void **state)
{
    struct told *told = *state;
    static const char *const names[] = {"main.conf", "other.conf", "secret", "mqtt.password"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        remove_file(told, names[i]);
    int result = rmdir(told->dir);
    free(told);
    return result;
}

static inline struct config *load(struct told *told, const char *text, const char *const *p,
                                  size_t n_p)
{
    told->n = 0;
    struct config *config = NULL;
    int result = config_load(&config, write_file(told, "main.conf", text), p, n_p, hear, told);
    assert_int_equal(result == 0, told->n == 0);
    assert_int_equal(result == 0, config != NULL);
    return config;
}

static inline struct config *load_good(struct told *told, const char *text)
{
    struct config *config = load(told, text, NULL, 0);
    if (told->n > 0)
        print_error("%s\n", told->text[0]);
    assert_non_null(config);
    return config;
}

static inline void assert_told(const struct told *told, const char *const *wanted,
                               const char *name)
{
    for (size_t i = 0; i < told->n || (i < MAX_TOLD && wanted[i]); i++) {
        const char *got = i < told->n ? told->text[i] : "(nothing)";
        const char *want = wanted[i] ? wanted[i] : "(nothing)";
        if (strncmp(got, want, strlen(want)) != 0)
            fail_msg("%s, mistake %zu:\n  wanted %s\n  told   %s", name, i, want, got);
    }
}

#define WITH_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)

#endif

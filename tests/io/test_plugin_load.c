/*
 * test_plugin_load.c - which files are loaded as plugins and which are refused, and why; and
 * that what is built in keeps the rules a loaded one is held to.
 */
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
#include "io/plugin_load.h"

#define EXAMPLE BINARY_DIR "/tests/detect_constant.so"
#define EXAMPLE_OF_ANOTHER_ABI BINARY_DIR "/tests/detect_constant_abi.so"

struct told {
    char dir[64];
    char text[600];
    size_t n;
};

static void hear(void *ctx, const struct cw_error *err)
{
    struct told *told = ctx;
    (void)snprintf(told->text, sizeof(told->text), "%s", err->text);
    told->n++;
}

static const char *path_of(const struct told *told, const char *name)
{
    static char path[200];
    (void)snprintf(path, sizeof(path), "%s/%s", told->dir, name);
    return path;
}

static void copy(const struct told *told, const char *from, const char *name, mode_t mode)
{
    FILE *in = fopen(from, "rb");
    FILE *out = fopen(path_of(told, name), "wb");
    assert_non_null(in);
    assert_non_null(out);
    char block[4096];
    size_t n;
    while ((n = fread(block, 1, sizeof(block), in)) > 0)
        assert_int_equal(fwrite(block, 1, n, out), n);
    assert_int_equal(fclose(in), 0);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(path_of(told, name), mode), 0);
}

static int make_dir(void **state)
{
    struct told *told = xcalloc(1, sizeof(*told));
    (void)snprintf(told->dir, sizeof(told->dir), "/tmp/carewatch-plugins-XXXXXX");
    assert_non_null(mkdtemp(told->dir));
    *state = told;
    return 0;
}

static int remove_dir(void **state)
{
    struct told *told = *state;
    static const char *const names[] = {"good.so", "link.so", "shared.so", "text.so",
                                        "abi.so",  "pipe.so", "again.so"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        (void)unlink(path_of(told, names[i]));
    int result = rmdir(told->dir);
    free(told);
    return result;
}

static int load_one(struct told *told, const char *name)
{
    const char *const names[] = {name, NULL};
    told->n = 0;
    told->text[0] = '\0';
    int n = plugin_load_all(told->dir, names, hear, told);
    assert_int_equal((size_t)n, told->n);
    return n;
}

static void assert_refused(struct told *told, const char *name, const char *why)
{
    assert_int_equal(load_one(told, name), 1);
    if (!strstr(told->text, why))
        fail_msg("%s: wanted \"%s\", told \"%s\"", name, why, told->text);
}

static void nothing_named_is_nothing_loaded(void **state)
{
    struct told *told = *state;
    assert_int_equal(plugin_load_all(NULL, NULL, hear, told), 0);
    assert_int_equal(plugin_load_all("/nonexistent", (const char *const[]){NULL}, hear, told),
                     0);
    assert_int_equal(told->n, 0);
}

static void files_others_could_have_changed_are_refused(void **state)
{
    struct told *told = *state;
    copy(told, EXAMPLE, "good.so", 0644);
    copy(told, EXAMPLE, "shared.so", 0664);
    assert_int_equal(symlink("good.so", path_of(told, "link.so")), 0);
    assert_int_equal(mkfifo(path_of(told, "pipe.so"), 0600), 0);
    assert_refused(told, "link", "link.so: symbolic links are not followed");
    assert_refused(told, "shared", "shared.so can be written by group or others (mode 664)");
    assert_refused(told, "pipe", "pipe.so is not a plain file");
    assert_refused(told, "gone", "gone.so: No such file or directory");
    assert_refused(told, "../good", "\"../good\" is not a name");
    assert_refused(told, "", "\"\" is not a name");
    assert_int_equal(chmod(told->dir, 0777), 0);
    assert_refused(told, "good", "can be written by group or others (mode 777)");
    assert_int_equal(chmod(told->dir, 0755), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(path_of(told, "good.so"), 12345, 0), 0);
        assert_refused(told, "good", "good.so belongs to user 12345");
    }
    assert_null(plugin_find(CW_DETECTOR, "constant"));
}

static void a_file_that_is_no_plugin_is_refused(void **state)
{
    struct told *told = *state;
    copy(told, SOURCE_DIR "/CMakeLists.txt", "text.so", 0644);
    assert_refused(told, "text", "text.so: ");
}

static void another_abi_is_refused_by_name(void **state)
{
    struct told *told = *state;
    copy(told, EXAMPLE_OF_ANOTHER_ABI, "abi.so", 0644);
    assert_refused(told, "abi", "abi.so is built for plugin ABI 9999, this daemon has 4");
}

static void a_good_one_is_loaded_once_and_found_by_its_name(void **state)
{
    struct told *told = *state;
    copy(told, EXAMPLE, "good.so", 0644);
    assert_int_equal(load_one(told, "good"), 0);
    const struct cw_plugin *plugin = plugin_find(CW_DETECTOR, "constant");
    assert_non_null(plugin);
    assert_ptr_equal(plugin_at(0), plugin);
    assert_null(plugin_find(CW_NOTIFIER, "constant"));
    (void)unlink(path_of(told, "good.so"));
    assert_int_equal(load_one(told, "good"), 0);
    assert_ptr_equal(plugin_find(CW_DETECTOR, "constant"), plugin);
}

static void two_files_are_two_plugins(void **state)
{
    struct told *told = *state;
    copy(told, EXAMPLE, "again.so", 0644);
    size_t before = 0, after = 0;
    while (plugin_at(before))
        before++;
    assert_int_equal(load_one(told, "again"), 0);
    while (plugin_at(after))
        after++;
    assert_int_equal(after, before + 1);
    assert_ptr_not_equal(plugin_at(0), plugin_at(1));
}

static void what_is_built_in_keeps_the_rules(void **state)
{
    (void)state;
    const struct cw_plugin *plugin;
    for (size_t i = 0; (plugin = plugin_at(i)); i++) {
        struct cw_error err = {""};
        if (plugin_check(plugin, plugin->name, &err) != 0)
            fail_msg("%s", err.text);
    }
}

/* ---- constants with one thing wrong ---- */

struct own {
    int64_t number;
    const char *text;
};
static uint32_t inputs(const void *self, struct cw_input *input, uint32_t max)
{
    (void)self;
    (void)input;
    (void)max;
    return 0;
}
static size_t state_size(const void *self)
{
    (void)self;
    return 8;
}
static void reset(const void *self, void *state)
{
    (void)self;
    (void)state;
}
static int64_t step(const void *self, void *state, uint32_t slot,
                    const struct cw_sample *sample, struct cw_verdict *verdict, int32_t *spoke)
{
    (void)self;
    (void)state;
    (void)slot;
    (void)sample;
    (void)verdict;
    (void)spoke;
    return CW_NEVER;
}
#define DETECTOR(size_, scope_, step_)                                            \
    {                                                                             \
        .size = (size_), .state_version = 1, .scope = (scope_), .inputs = inputs, \
        .state_size = state_size, .reset = reset, .step = (step_)                 \
    }
static const struct cw_detector whole = DETECTOR(sizeof(whole), CW_SCOPE_SERIES, step);
static const struct cw_detector of_another_size =
    DETECTOR(sizeof(whole) + 8, CW_SCOPE_SERIES, step);
static const struct cw_detector without_step = DETECTOR(sizeof(whole), CW_SCOPE_SERIES, NULL);
static const struct cw_detector of_no_scope = DETECTOR(sizeof(whole), 77, step);

#define NUMBER CW_OPT_INT, offsetof(struct own, number), 0, 0
static const struct cw_option outside[] = {
    {"a", NUMBER, "1", "h", NULL},
    {"b", CW_OPT_TEXT, sizeof(struct own), 0, 0, "x", "h", NULL},
    {0},
};
static const struct cw_option askew[] = {{"a", CW_OPT_INT, 4, 0, 0, "1", "h", NULL}, {0}};
static const struct cw_option reserved[] = {{"priority", NUMBER, "1", "h", NULL}, {0}};
static const struct cw_option twice[] = {
    {"text_a", CW_OPT_TEXT, offsetof(struct own, text), 0, 0, "x", "h", NULL},
    {"a", NUMBER, "1", "h", NULL},
    {"a", NUMBER, "1", "h", NULL},
    {0},
};
static const struct cw_option bad_preset[] = {{"a", NUMBER, "many", "h", NULL}, {0}};
static const struct cw_option bad_type[] = {{"a", 99, 0, 0, 0, "1", "h", NULL}, {0}};
static const struct cw_option shouting[] = {{"A", NUMBER, "1", "h", NULL}, {0}};

static void a_table_with_a_mistake_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *why, *name;
        const struct cw_option *option;
        const struct cw_detector *detector;
        uint32_t kind;
        size_t self_size;
    } rows[] = {
        {"", "good", NULL, &whole, CW_DETECTOR, sizeof(struct own)},
        {"is of the unknown kind 7", "a", NULL, &whole, 7, 0},
        {"has no valid name", "a b", NULL, &whole, CW_DETECTOR, 0},
        {"has no valid name", NULL, NULL, &whole, CW_DETECTOR, 0},
        {"wants 99999999 bytes", "a", NULL, &whole, CW_DETECTOR, 99999999},
        {"lacks functions a detector must have", "a", NULL, NULL, CW_DETECTOR, 0},
        {"lacks functions", "a", NULL, &of_another_size, CW_DETECTOR, 0},
        {"lacks functions", "a", NULL, &without_step, CW_DETECTOR, 0},
        {"lacks functions", "a", NULL, &of_no_scope, CW_DETECTOR, 0},
        {"option b lies outside its memory", "a", outside, &whole, CW_DETECTOR,
         sizeof(struct own)},
        {"option a lies outside its memory", "a", askew, &whole, CW_DETECTOR,
         sizeof(struct own)},
        {"option a lies outside its memory", "a", bad_preset, &whole, CW_DETECTOR, 4},
        {"an option cannot be called \"priority\"", "a", reserved, &whole, CW_DETECTOR,
         sizeof(struct own)},
        {"an option cannot be called \"A\"", "a", shouting, &whole, CW_DETECTOR,
         sizeof(struct own)},
        {"there are two options a", "a", twice, &whole, CW_DETECTOR, sizeof(struct own)},
        {"preset of a is a whole number", "a", bad_preset, &whole, CW_DETECTOR,
         sizeof(struct own)},
        {"option a has the unknown type 99", "a", bad_type, &whole, CW_DETECTOR,
         sizeof(struct own)},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct cw_plugin plugin = {.abi = CW_ABI,
                                   .kind = rows[i].kind,
                                   .name = rows[i].name,
                                   .help = "help",
                                   .self_size = rows[i].self_size,
                                   .option = rows[i].option,
                                   .ops = {.detector = rows[i].detector}};
        struct cw_error err = {""};
        int result = plugin_check(&plugin, "x.so", &err);
        assert_int_equal(result == 0, rows[i].why[0] == '\0');
        if (!strstr(err.text, rows[i].why))
            fail_msg("row %zu: wanted \"%s\", told \"%s\"", i, rows[i].why, err.text);
    }
}

#define WITH_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DIR(nothing_named_is_nothing_loaded),
        WITH_DIR(files_others_could_have_changed_are_refused),
        WITH_DIR(a_file_that_is_no_plugin_is_refused),
        WITH_DIR(another_abi_is_refused_by_name),
        WITH_DIR(a_good_one_is_loaded_once_and_found_by_its_name),
        WITH_DIR(two_files_are_two_plugins),
        cmocka_unit_test(what_is_built_in_keeps_the_rules),
        cmocka_unit_test(a_table_with_a_mistake_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_mosquitto_door.c - the door's options: refused with a sentence, and shown whole in
 * conf/mosquitto.conf; and who may speak for whom.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/option.h"
#include "base/str.h"
#include "mosquitto_door/options.h"

static struct door_options with(const char *name, const char *value)
{
    struct door_options options = {0};
    struct cw_error err = {""};
    option_presets(door_options, &options);
    assert_int_equal(door_option(&options, "dir", "/var/lib/door", &err), 0);
    if (name && door_option(&options, name, value, &err) != 0)
        fail_msg("%s", err.text);
    return options;
}

static void the_presets_and_a_folder_are_enough(void **state)
{
    (void)state;
    struct door_options options = with(NULL, NULL);
    struct cw_error err = {""};
    assert_int_equal(door_options_check(&options, &err), 0);
    assert_true(options.site_check);
    assert_string_equal(options.topics_events[0], "care/v1/+/+/event");
    option_free(door_options, &options);
}

static void what_is_wrong_is_refused_with_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value, *said;
    } rows[] = {
        {"segmnt", "1MiB", "did you mean plugin_opt_segment?"},
        {"colour", "red", "plugin_opt_colour is not an option of the door"},
        {"quota", "lots", "plugin_opt_quota: "},
        {"sync_interval", "20", "plugin_opt_sync_interval: "},
        {"site_check", "perhaps", "plugin_opt_site_check: "},
        {"dir", "door", "plugin_opt_dir is missing"},
        {"topics_events", "care/+x/y", "\"care/+x/y\" is no MQTT filter"},
        {"topics_data", "care/#/y", "\"care/#/y\" is no MQTT filter"},
        {"quota", "128MiB", "more than a quarter"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct door_options options = with(NULL, NULL);
        struct cw_error err = {""};
        int rc = door_option(&options, rows[i].name, rows[i].value, &err);
        rc = rc ? rc : door_options_check(&options, &err);
        if (rc == 0 || !strstr(err.text, rows[i].said))
            fail_msg("%s %s: \"%s\"", rows[i].name, rows[i].value, err.text);
        option_free(door_options, &options);
    }
}

static void a_user_speaks_for_his_site(void **state)
{
    (void)state;
    static const struct {
        const char *check, *user, *site;
        bool may;
    } rows[] = {
        {"true", "s-1", "s-1", true},    {"true", "s-1", "s-2", false},
        {"true", NULL, "s-1", false},    {"true", "s-1", "", false},
        {"true", "", "", false},         {"true", "bridge", "s-2", true},
        {"true", "bridg", "s-2", false}, {"false", NULL, "s-2", true},
        {"false", "s-1", "s-2", true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct door_options options = with("any_site", "gateway,bridge");
        struct cw_error err = {""};
        assert_int_equal(door_option(&options, "site_check", rows[i].check, &err), 0);
        bool may = door_user_may(&options, rows[i].user, str_of(rows[i].site));
        if (may != rows[i].may)
            fail_msg("row %zu", i);
        option_free(door_options, &options);
    }
}

/* ---- the example ---- */

/* The line "#plugin_opt_NAME VALUE" of the broker's configuration. */
static bool shown(FILE *file, const char *name, char value[200])
{
    char line[400], begins[100];
    (void)snprintf(begins, sizeof(begins), "#plugin_opt_%s", name);
    size_t n = strlen(begins);
    rewind(file);
    while (fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, begins, n) != 0 || (line[n] != ' ' && line[n] != '\0'))
            continue;
        (void)snprintf(value, 200, "%s", line + n + (line[n] == ' '));
        return true;
    }
    return false;
}

static void the_brokers_configuration_shows_every_option(void **state)
{
    (void)state;
    FILE *file = fopen(SOURCE_DIR "/conf/mosquitto.conf", "r");
    assert_non_null(file);
    struct door_options presets = {0};
    option_presets(door_options, &presets);
    for (const struct cw_option *option = door_options; option->name; option++) {
        char value[200];
        struct buf wanted;
        if (!shown(file, option->name, value))
            fail_msg("conf/mosquitto.conf does not show plugin_opt_%s", option->name);
        buf_init(&wanted, 1024);
        option_print(option, &presets, &wanted);
        if (strcmp(option->name, "dir") != 0 && strcmp(buf_text(&wanted), value) != 0)
            fail_msg("plugin_opt_%s is \"%s\" there, the preset is \"%s\"", option->name, value,
                     buf_text(&wanted));
        buf_done(&wanted);
    }
    option_free(door_options, &presets);
    (void)fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_presets_and_a_folder_are_enough),
        cmocka_unit_test(what_is_wrong_is_refused_with_a_sentence),
        cmocka_unit_test(a_user_speaks_for_his_site),
        cmocka_unit_test(the_brokers_configuration_shows_every_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

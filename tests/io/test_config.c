/*
 * test_config.c - what a configuration means; what outranks what; secrets; built-in rules; a
 * configuration that is printed reads back to the same.
 */
#include "base/instant.h"
#include "conditions.h"
#include "core/alarm/schedule.h"
#include "core/health.h"
#include "core/oversight/partner_feed.h"
#include "core/oversight/statute.h"
#include "core/rules_advice.h"
#include "io/config_private.h"
#include "io/config_told.h"

static void presets_are_a_whole_configuration(void **state)
{
    struct told *told = *state;
    struct config *config = NULL;
    assert_int_equal(config_load(&config, NULL, NULL, 0, hear, told), 0);
    assert_string_equal(config->journal.dir, "/var/lib/carewatch/journal");
    assert_int_equal(config->journal.segment_bytes, 64 << 20);
    assert_int_equal(config->journal.sync_interval_ns, 5 * NS_PER_MS);
    assert_string_equal(config->http.listen, "127.0.0.1:8480");
    assert_string_equal(config->http.auth, "token");
    assert_string_equal(config->http.web_dir, "");
    assert_int_equal(config->http.max_sse_clients, 256);
    assert_int_equal(config->rules.settings.max_payload_bytes, 65536);
    assert_int_equal(config->rules.settings.reorder_window_ns, 5 * NS_PER_S);
    assert_false(config->rules.settings.register_unknown_sites);
    assert_string_equal(config->rules.settings.default_district, "");
    assert_int_equal(config->n_mqtt, 1);
    assert_int_equal(strlen(config->sha256), 64);
    config_free(config);
}

static const char *const conditions[] = {
    CONDITION_DEVICE_SILENT,      CONDITION_ALIVE_NO_DATA, CONDITION_SITE_SILENT,
    CONDITION_VISIT_LATE,         CONDITION_VISIT_MISSED,  CONDITION_VISIT_NO_CHECKOUT,
    CONDITION_UNKNOWN_SITE,       CONDITION_CLOCK_FAULT,   CONDITION_FEED_GAP,
    CONDITION_DUPLICATE_IDENTITY, CONDITIONS_SEEN};

static void every_condition_has_a_built_in_rule(void **state)
{
    struct told *told = *state;
    struct config *config = load_good(told, "");
    for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
        const struct rule *rule = ruleset_builtin(&config->rules, conditions[i]);
        assert_non_null(rule);
        assert_true(rule->text_zh[0] && rule->text_en[0]);
        assert_true(rule->action_zh[0] && rule->action_en[0]);
        assert_int_not_equal(rule->fingerprint, 0);
    }
    for (const struct health_condition *own = health_conditions; own->what; own++) {
        const struct rule *rule = ruleset_builtin(&config->rules, own->what);
        assert_int_equal(rule->kind, RULE_SYSTEM);
        assert_int_equal(rule->category, CATEGORY_TECHNICAL);
        assert_true(rule->text_zh[0] && rule->text_en[0]);
        assert_true(rule->action_zh[0] && rule->action_en[0]);
        assert_true(strlen(rule->action_zh) < MAX_ALARM_TEXT);
        assert_true(strlen(rule->action_en) < MAX_ALARM_TEXT);
    }
    const struct rule *late = ruleset_builtin(&config->rules, CONDITION_VISIT_LATE);
    assert_int_equal(late->kind, RULE_VISIT);
    assert_int_equal(late->after_ns, 15 * 60 * NS_PER_S);
    assert_int_equal(late->category, CATEGORY_SERVICE);
    config_free(config);
}

/* ---- what outranks what ---- */

static void the_command_line_outranks_the_environment_outranks_the_file(void **state)
{
    static const char file[] = "log: { level = \"err\"; };\nhttp: { max_sse = 1; };\n"
                               "journal: { dir = \"/file\"; };";
    static const char *const p[] = {"log.level=debug", "mqtt.keepalive=3s"};
    assert_int_equal(setenv("CAREWATCH_LOG_LEVEL", "warning", 1), 0);
    assert_int_equal(setenv("CAREWATCH_HTTP_MAX_SSE", "2", 1), 0);
    assert_int_equal(setenv("CAREWATCH_REGISTRY_UNKNOWN_SITES", "register", 1), 0);
    assert_int_equal(setenv("CAREWATCH_TOKEN_FILE", "not a section: left alone", 1), 0);
    struct config *config = load(*state, file, p, 2);
    assert_non_null(config);
    assert_string_equal(config->log.level, "debug");
    assert_int_equal(config->http.max_sse_clients, 2);
    assert_true(config->rules.settings.register_unknown_sites);
    assert_int_equal(config->mqtt[0].keepalive_ns, 3 * NS_PER_S);
    assert_string_equal(config->journal.dir, "/file");
    config_free(config);
    (void)unsetenv("CAREWATCH_LOG_LEVEL");
    (void)unsetenv("CAREWATCH_HTTP_MAX_SSE");
    (void)unsetenv("CAREWATCH_REGISTRY_UNKNOWN_SITES");
    (void)unsetenv("CAREWATCH_TOKEN_FILE");
}

static void mistakes_of_environment_and_command_line_name_themselves(void **state)
{
    static const char *const p[] = {"http.max_sse=many", "htp.listen=x", "level",
                                    "log.lvel=info"};
    assert_int_equal(setenv("CAREWATCH_MQTT_KEEPALVE", "1s", 1), 0);
    assert_int_equal(setenv("CAREWATCH_MQTT_PASSWORD", "hunter2", 1), 0);
    config_free(load(*state, "", p, 4));
    (void)unsetenv("CAREWATCH_MQTT_KEEPALVE");
    (void)unsetenv("CAREWATCH_MQTT_PASSWORD");
    struct told *told = *state;
    static const char *const wanted[] = {
        "-p htp.listen: no section htp with options, did you mean http?",
        "-p level: write -p section.key=value",
        "-p http.max_sse: http.max_sse is a whole number, not \"many\"",
        "-p log.lvel: unknown option log.lvel, did you mean level?",
        "CAREWATCH_MQTT_KEEPALVE: unknown option mqtt.keepalve, did you mean keepalive?",
        "CAREWATCH_MQTT_PASSWORD: mqtt.password must not be in the configuration",
    };
    assert_int_equal(told->n, 6);
    for (size_t i = 0; i < 6; i++) {
        bool found = false;
        for (size_t k = 0; k < told->n && !found; k++)
            found = strstr(told->text[k], wanted[i]) != NULL;
        if (!found)
            fail_msg("not told: %s", wanted[i]);
        assert_null(strstr(told->text[i], "hunter2"));
    }
}

/* ---- local time ---- */

static void a_zone_and_its_schedules_are_part_of_what_is_recorded(void **state)
{
    static const char text[] =
        "calendar: { zone_rule = \"CET-1CEST,M3.5.0,M10.5.0/3\"; zone_changes = [ "
        "\"2026-03-01T01:00:00.000Z 7200\", \"2026-04-01T01:00:00.000Z 3600\" ]; };\n"
        "schedules = ( { name = \"night\"; spans = [ \"21:00-06:00\", \"sun 00:00-24:00\" ]; "
        "} );";
    struct config *config = load_good(*state, text), *again;
    struct buf printed;
    buf_init(&printed, 1 << 20);
    config_print(config, &printed);
    assert_int_equal(config_load_text(&again, buf_str(&printed), hear, *state), 0);
    assert_string_equal(config->sha256, again->sha256);
    assert_int_equal(again->rules.zone.n_changes, 2);
    assert_int_equal(again->rules.zone.summer_s, 7200);
    assert_non_null(ruleset_schedule(&again->rules, CW_STR("night")));
    assert_null(ruleset_schedule(&again->rules, CW_STR("dusk")));
    /* Everybody knows what a day is; this night is the file's own. */
    assert_int_equal(ruleset_schedule(&again->rules, CW_STR("day"))->n_spans, 1);
    assert_int_equal(ruleset_schedule(&again->rules, CW_STR("night"))->n_spans, 2);
    config_free(again);
    config_free(config);
    /* What the presets say does not hang on the zone files of a machine. */
    config = load_good(*state, "");
    assert_int_equal(zone_offset_s(&config->rules.zone, INT64_C(1763865851)), 8 * 3600);
    buf_clear(&printed);
    config_print(config, &printed);
    assert_non_null(strstr(buf_text(&printed), "zone_rule = \"CST-8\""));
    buf_done(&printed);
    config_free(config);
}

/* ---- secrets ---- */

static void a_secret_comes_from_its_file_or_a_credential(void **state)
{
    struct told *told = *state;
    char text[300];
    (void)snprintf(text, sizeof(text), "mqtt: { password_file = \"%s\"; };",
                   write_file(told, "secret", "hunter2\n"));
    struct config *config = load_good(told, text);
    assert_string_equal(config->mqtt[0].password, "hunter2");
    config_free(config);

    (void)write_file(told, "mqtt.password", "swordfish");
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", told->dir, 1), 0);
    config = load_good(told, "");
    (void)unsetenv("CREDENTIALS_DIRECTORY");
    assert_string_equal(config->mqtt[0].password, "swordfish");

    struct buf out;
    buf_init(&out, 1 << 20);
    config_print(config, &out);
    config_print_json(config, &out);
    assert_null(strstr(buf_text(&out), "swordfish"));
    assert_non_null(strstr(buf_text(&out), "\"password\":\"***\""));
    buf_done(&out);
    config_free(config);
}

/* ---- rules ---- */

static void a_built_in_rule_takes_what_the_file_says_and_keeps_the_rest(void **state)
{
    struct config *config = load_good(
        *state,
        "rules = ( { name = \"too-late\"; detector = \"visit\"; condition = \"late\";\n"
        "  after = \"5s\"; priority = \"high\"; text = { en = \"Where are you?\"; }; },\n"
        "  { name = \"lost\"; detector = \"supervision\"; fold = \"none\"; } );");
    const struct rule *late = ruleset_builtin(&config->rules, CONDITION_VISIT_LATE);
    assert_ptr_equal(late, &config->rules.rule[0]);
    assert_string_equal(late->name, "too-late");
    assert_int_equal(late->after_ns, 5 * NS_PER_S);
    assert_int_equal(late->priority, CW_PRIORITY_HIGH);
    assert_int_equal(late->category, CATEGORY_SERVICE);
    assert_string_equal(late->text_en, "Where are you?");
    assert_string_equal(late->text_zh, "上门服务迟到：到时未签到");
    const struct rule *silent = ruleset_builtin(&config->rules, CONDITION_DEVICE_SILENT);
    assert_string_equal(silent->name, "lost");
    assert_false(silent->fold_site);
    assert_int_equal(config->rules.n_rules, n_builtin_rules());
    config_free(config);
}

static void a_rule_gives_its_detector_the_options(void **state)
{
    if (!plugin_find(CW_DETECTOR, "threshold"))
        skip();
    struct config *config = load_good(
        *state,
        "rules = ( { name = \"spo2-low\"; metric = \"spo2\"; detector = \"threshold\";\n"
        " below = 90; clear = 92; for = \"15s\"; priority = \"high\";\n"
        " category = \"physiological\"; risk = \"fall\"; pages_late = true; site = "
        "\"home-*\";\n"
        " text = { zh = \"血氧过低\"; en = \"Low oxygen saturation\"; }; } );");
    const struct rule *rule = ruleset_find(&config->rules, (struct cw_str){"spo2-low", 8});
    assert_non_null(rule);
    assert_int_equal(rule->kind, RULE_DETECTOR);
    assert_string_equal(rule->kind_name, "spo2-low");
    assert_string_equal(rule->text_zh, "血氧过低");
    assert_string_equal(rule->action_en, "");
    assert_true(rule->pages_late);
    struct cw_input input[CW_MAX_INPUTS];
    assert_int_equal(rule->plugin->ops.detector->inputs(rule->self, input, CW_MAX_INPUTS), 1);
    assert_string_equal(input[0].name, "spo2");
    config_free(config);

    config_free(load(*state,
                     "rules = (\n{ name = \"a\"; detector = \"threshold\";\n metrik = \"x\";\n"
                     " below = \"90\"; }, { name = \"b\"; detector = \"threshold\"; } );",
                     NULL, 0));
    assert_told(*state,
                (const char *const[]){"2: rules.a.metric is missing: ",
                                      "3: unknown option rules.a.metrik, did you mean metric?",
                                      "4: rules.a.below must be a number, not a text",
                                      "4: rules.b.metric is missing: ", NULL},
                "threshold");
}

static void a_fingerprint_changes_with_any_word_and_only_then(void **state)
{
    static const char *const texts[] = {
        "rules = ( { name = \"a\"; detector = \"visit\"; condition = \"late\"; } );",
        "# a comment\nlog: { level = \"err\"; };\n"
        "rules = ( { condition = \"late\"; detector = \"visit\"; name = \"a\"; } );",
        "rules = ( { name = \"a\"; detector = \"visit\"; condition = \"late\"; after = \"1s\"; "
        "} );",
        "rules = ( { name = \"a\"; detector = \"visit\"; condition = \"late\"; risk = "
        "\"fall\"; } );",
        "rules = ( { name = \"a\"; detector = \"visit\"; condition = \"late\"; site = \"b\"; } "
        ");",
    };
    uint64_t print[5];
    for (size_t i = 0; i < 5; i++) {
        struct config *config = load_good(*state, texts[i]);
        print[i] = config->rules.rule[0].fingerprint;
        config_free(config);
        for (size_t k = 0; k < i; k++)
            assert_int_equal(print[i] == print[k], i == 1 && k == 0);
    }
}

/* ---- there and back ---- */

static void assert_reads_back(struct config *config, struct told *told)
{
    struct buf first, second;
    buf_init(&first, 1 << 24);
    buf_init(&second, 1 << 24);
    config_print(config, &first);
    struct config *again = NULL;
    told->n = 0;
    int result = config_load_text(&again, buf_str(&first), hear, told);
    if (told->n > 0)
        print_error("%s\n", told->text[0]);
    assert_int_equal(result, 0);
    config_print(again, &second);
    assert_string_equal(buf_text(&first), buf_text(&second));
    assert_string_equal(config->sha256, again->sha256);
    assert_int_equal(config->rules.n_rules, again->rules.n_rules);
    for (uint32_t i = 0; i < config->rules.n_rules; i++)
        assert_true(config->rules.rule[i].fingerprint == again->rules.rule[i].fingerprint);
    config_free(again);
    buf_done(&first);
    buf_done(&second);
}

static void what_is_printed_reads_back_to_the_same(void **state)
{
    struct told *told = *state;
    char text[2000];
    (void)snprintf(
        text, sizeof(text),
        "http: { web_dir = \"a \\\"quoted\\\" \\\\ path\\x07\\n\"; max_sse = 7; };\n"
        "mqtt: { url = \"\"; password_file = \"%s\"; brokers = ( { url = \"tcp://b:1\"; } ); "
        "};\n"
        "sources = ( { topic = \"a/+/b\"; metric = \"room_temp\"; }, { topic = \"#\"; } );\n"
        "sites = ( { site = \"s\"; kind = \"station.health\"; name = \"社区\"; lat = "
        "30.123456789;"
        " lon = -0.5; }, { site = \"t\"; kind = \"home\"; lat = 30; lon = 104; } );\n"
        "rules = ( { name = \"a\"; detector = \"visit\"; condition = \"late\"; after = \"0\";\n"
        " action = { zh = \"\"; en = \"\"; }; } );\n"
        "plugins: { load = []; };\nmap: { };\n",
        write_file(told, "secret", "x"));
    struct config *config = load_good(told, text);
    assert_int_equal(config->n_mqtt, 2);
    assert_int_equal(config->rules.rule[0].after_ns, 0);
    assert_reads_back(config, told);
    config_free(config);
}

static void a_recorded_rule_of_a_condition_that_is_no_more_is_passed_over(void **state)
{
    static const char rules[] =
        "rules = ( { name = \"not-authorised\"; detector = \"system\";"
        " condition = \"not_authorised\"; text = { zh = \"z\"; en = \"e\"; }; },"
        " { name = \"wrong-clock\"; detector = \"system\"; condition = \"clock_fault\"; } );\n";
    struct told *told = *state;
    struct config *config = NULL;
    assert_int_equal(config_load_text(&config, str_of(rules), hear, told), 0);
    assert_null(ruleset_find(&config->rules, CW_STR("not-authorised")));
    assert_non_null(ruleset_find(&config->rules, CW_STR("wrong-clock")));
    config_free(config);
}

static void a_recorded_configuration_includes_no_file(void **state)
{
    struct told *told = *state;
    struct config *config;
    told->n = 0;
    assert_int_not_equal(
        config_load_text(&config, CW_STR("\n@include \"/etc/passwd\"\n"), hear, told), 0);
    assert_string_equal(told->text[0], "recorded configuration:2: a recorded configuration "
                                       "cannot include files");
}

/* ---- the files in conf/ ---- */

static void slurp(const char *path, struct buf *out)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char block[4096];
    size_t n;
    while ((n = fread(block, 1, sizeof(block), file)) > 0)
        buf_add(out, block, n);
    assert_int_equal(fclose(file), 0);
}

static void the_reference_in_conf_is_what_the_tables_say(void **state)
{
    (void)state;
    struct buf file, printed;
    buf_init(&file, 1 << 20);
    buf_init(&printed, 1 << 20);
    slurp(SOURCE_DIR "/conf/carewatch.conf", &file);
    config_print_reference(&printed);
    if (strcmp(buf_text(&file), buf_text(&printed)) != 0)
        fail_msg("conf/carewatch.conf is old: carewatch schema config > conf/carewatch.conf");
    buf_done(&file);
    buf_done(&printed);
}

/* The reference with every "#key = value;" switched on. */
static void switch_on(struct buf *text, struct buf *out)
{
    bool in_sections = true;
    char *rest = buf_take(text), *all = rest, *line;
    while ((line = strsep(&rest, "\n"))) {
        const char *word = line + strspn(line, " ");
        in_sections = in_sections && strncmp(line, "sources:", 8) != 0;
        bool option = in_sections && word[0] == '#' && word[1] != ' ' && word[1] != '\0';
        bool file = strstr(line, "_file = \"\"") != NULL; /* a secret: there is none */
        if (!file)
            buf_printf(out, "%s\n", option ? word + 1 : line);
    }
    free(all);
}

static void the_reference_means_the_presets_also_switched_on(void **state)
{
    struct told *told = *state;
    struct buf text, on;
    buf_init(&text, 1 << 20);
    buf_init(&on, 1 << 20);
    config_print_reference(&text);
    struct config *presets = load_good(told, "");
    struct config *off = load_good(told, buf_text(&text));
    switch_on(&text, &on);
    struct config *all = load_good(told, buf_text(&on));
    assert_string_equal(presets->sha256, off->sha256);
    assert_string_equal(presets->sha256, all->sha256);
    config_free(presets);
    config_free(off);
    config_free(all);
    buf_done(&text);
    buf_done(&on);
}

static void the_demo_configuration_is_good(void **state)
{
    if (!plugin_find(CW_DETECTOR, "threshold") || !plugin_find(CW_DETECTOR, "event"))
        skip();
    struct told *told = *state;
    struct config *config = NULL;
    told->n = 0;
    int result = config_load(&config, SOURCE_DIR "/conf/demo.conf", NULL, 0, hear, told);
    if (told->n > 0)
        print_error("%s\n", told->text[0]);
    assert_int_equal(result, 0);
    assert_string_equal(config->http.auth, "none");
    assert_true(config->rules.settings.register_unknown_sites);
    assert_true(config->rules.n_chains >= 3 && config->rules.n_rosters >= 4);
    assert_reads_back(config, told);
    config_free(config);
}

static bool names_one_of(const char *text, const char *const *word)
{
    while (*word && !strstr(text, *word))
        word++;
    return *word != NULL;
}

/* Text, action and risk in both languages, no diagnosis, and somebody to call. */
static void every_shipped_rule_says_what_to_do_and_whom_to_call(void **state)
{
    static const char *const files[] = {"demo.conf", "facility.conf"};
    static const char *const whom_en[] = {"call ", "Call ",      "nurse",       "Nurse",
                                          "carer", "supervisor", "maintenance", NULL};
    static const char *const whom_zh[] = {"呼叫", "告知",   "通知", "拨打", "联系",
                                          "护士", "护理员", "主管", NULL};
    struct told *told = *state;
    for (size_t f = 0; f < 2; f++) {
        char path[512];
        struct config *config = NULL;
        (void)snprintf(path, sizeof(path), SOURCE_DIR "/conf/%s", files[f]);
        told->n = 0;
        assert_int_equal(config_load(&config, path, NULL, 0, hear, told), 0);
        for (uint32_t i = 0; i < config->rules.n_rules; i++) {
            const struct rule *rule = &config->rules.rule[i];
            uint32_t row = 0;
            const char *sentence = rule_advice(rule, &row);
            if (sentence)
                fail_msg("%s: rule \"%s\" %s", files[f], rule->name, sentence);
            if (rule->kind != RULE_DETECTOR)
                continue;
            if (!names_one_of(rule->action_en, whom_en) ||
                !names_one_of(rule->action_zh, whom_zh))
                fail_msg("%s: rule \"%s\" names nobody to call", files[f], rule->name);
        }
        config_free(config);
    }
}

static void the_rules_of_supervision_are_good_and_are_recorded(void **state)
{
    struct told *told = *state;
    struct config *config = NULL;
    told->n = 0;
    int result = config_load(&config, SOURCE_DIR "/conf/oversight.conf", NULL, 0, hear, told);
    if (told->n > 0)
        print_error("%s\n", told->text[0]);
    assert_int_equal(result, 0);
    assert_reads_back(config, told);
    const struct ruleset *rules = &config->rules;
    for (uint32_t i = 0; i < rules->n_duties; i++)
        assert_true(rules->duty[i].source[0] && rules->duty[i].title[0]);
    for (uint32_t i = 0; i < rules->n_lists; i++)
        assert_true(rules->list[i].source[0] && rules->list[i].title[0]);
    assert_non_null(duty_rule_find(rules, CW_STR("annual_report")));
    assert_string_equal(list_rule_find(rules, CW_STR("abnormal"))->leads_to, "serious");
    /* Of two versions the one that was in force. */
    const struct scheme *old =
        scheme_find(rules, CW_STR("social_group"), instant_days(2026, 2, 28));
    const struct scheme *new =
        scheme_find(rules, CW_STR("social_group"), instant_days(2026, 3, 1));
    assert_string_equal(old->valid, "from_publication");
    assert_string_equal(new->valid, "calendar_years");
    assert_int_equal(old->n_sections, 4);
    assert_string_equal(old->grade[0].name, "5A");
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DIR(presets_are_a_whole_configuration),
        WITH_DIR(every_condition_has_a_built_in_rule),
        WITH_DIR(the_command_line_outranks_the_environment_outranks_the_file),
        WITH_DIR(mistakes_of_environment_and_command_line_name_themselves),
        WITH_DIR(a_zone_and_its_schedules_are_part_of_what_is_recorded),
        WITH_DIR(a_secret_comes_from_its_file_or_a_credential),
        WITH_DIR(a_built_in_rule_takes_what_the_file_says_and_keeps_the_rest),
        WITH_DIR(a_rule_gives_its_detector_the_options),
        WITH_DIR(a_fingerprint_changes_with_any_word_and_only_then),
        WITH_DIR(what_is_printed_reads_back_to_the_same),
        WITH_DIR(a_recorded_rule_of_a_condition_that_is_no_more_is_passed_over),
        WITH_DIR(a_recorded_configuration_includes_no_file),
        WITH_DIR(the_reference_in_conf_is_what_the_tables_say),
        WITH_DIR(the_reference_means_the_presets_also_switched_on),
        WITH_DIR(the_demo_configuration_is_good),
        WITH_DIR(every_shipped_rule_says_what_to_do_and_whom_to_call),
        WITH_DIR(the_rules_of_supervision_are_good_and_are_recorded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

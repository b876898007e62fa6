/*
 * test_config.c - bad files and the mistakes they must give, line by line; good ones and what
 * they mean; what outranks what; a configuration that is printed reads back to the same.
 */
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

static void hear(void *ctx, const struct config_mistake *mistake)
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

static const char *write_file(const struct told *told, const char *name, const char *text)
{
    static char path[200];
    (void)snprintf(path, sizeof(path), "%s/%s", told->dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return path;
}

static void remove_file(const struct told *told, const char *name)
{
    char path[200];
    (void)snprintf(path, sizeof(path), "%s/%s", told->dir, name);
    (void)unlink(path);
}

static int make_dir(void **state)
{
    struct told *told = xcalloc(1, sizeof(*told));
    (void)snprintf(told->dir, sizeof(told->dir), "/tmp/carewatch-config-XXXXXX");
    assert_non_null(mkdtemp(told->dir));
    *state = told;
    return 0;
}

static int remove_dir(void **state)
{
    struct told *told = *state;
    static const char *const names[] = {"main.conf", "other.conf", "secret", "mqtt.password"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        remove_file(told, names[i]);
    int result = rmdir(told->dir);
    free(told);
    return result;
}

static struct config *load(struct told *told, const char *text, const char *const *p,
                           size_t n_p)
{
    told->n = 0;
    struct config *config = NULL;
    int result = config_load(&config, write_file(told, "main.conf", text), p, n_p, hear, told);
    assert_int_equal(result == 0, told->n == 0);
    assert_int_equal(result == 0, config != NULL);
    return config;
}

static struct config *load_good(struct told *told, const char *text)
{
    struct config *config = load(told, text, NULL, 0);
    if (told->n > 0)
        print_error("%s\n", told->text[0]);
    assert_non_null(config);
    return config;
}

static void assert_told(const struct told *told, const char *const *wanted, const char *name)
{
    for (size_t i = 0; i < told->n || (i < MAX_TOLD && wanted[i]); i++) {
        const char *got = i < told->n ? told->text[i] : "(nothing)";
        const char *want = wanted[i] ? wanted[i] : "(nothing)";
        if (strncmp(got, want, strlen(want)) != 0)
            fail_msg("%s, mistake %zu:\n  wanted %s\n  told   %s", name, i, want, got);
    }
}

static void presets_are_a_whole_configuration(void **state)
{
    struct told *told = *state;
    struct config *config = NULL;
    assert_int_equal(config_load(&config, NULL, NULL, 0, hear, told), 0);
    assert_string_equal(config->journal.dir, "/var/lib/carewatch/journal");
    assert_int_equal(config->journal.segment_bytes, 64 << 20);
    assert_int_equal(config->journal.sync_interval_ns, 20 * NS_PER_MS);
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

static void every_condition_has_a_built_in_rule(void **state)
{
    struct told *told = *state;
    static const char *const conditions[] = {
        CONDITION_DEVICE_SILENT, CONDITION_ALIVE_NO_DATA, CONDITION_SITE_SILENT,
        CONDITION_VISIT_LATE,    CONDITION_VISIT_MISSED,  CONDITION_VISIT_NO_CHECKOUT,
        CONDITION_UNKNOWN_SITE,  CONDITION_CLOCK_FAULT,   CONDITION_NOT_AUTHORISED,
    };
    struct config *config = load_good(told, "");
    for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
        const struct rule *rule = ruleset_builtin(&config->rules, conditions[i]);
        assert_non_null(rule);
        assert_true(rule->text_zh[0] && rule->text_en[0]);
        assert_true(rule->action_zh[0] && rule->action_en[0]);
        assert_int_not_equal(rule->fingerprint, 0);
    }
    const struct rule *late = ruleset_builtin(&config->rules, CONDITION_VISIT_LATE);
    assert_int_equal(late->kind, RULE_VISIT);
    assert_int_equal(late->after_ns, 15 * 60 * NS_PER_S);
    assert_int_equal(late->category, CATEGORY_SERVICE);
    config_free(config);
}

/* ---- mistakes ---- */

static const struct bad_file {
    const char *name, *text;
    const char *told[8];
} bad_files[] = {
    {"syntax", "log: {\n level = ;\n};", {"2: syntax error"}},
    {"a key twice", "log: { level = \"info\";\n level = \"debug\"; };", {"2: duplicate"}},
    {"not UTF-8", "# one\nlog: { level = \"\xff\"; };", {"2: not UTF-8", "2: log.level"}},
    {"a text cut by a zero",
     "http: {\n listen = \"127.0.0.1:1\\x00.evil:80\";\n};",
     {"2: \\x00 cannot be in a text", "2: http.listen"}},
    {"a number libconfig would cut",
     "http: {\n max_clients = 5000000000;\n};",
     {"2: 5000000000 is too large for a number without \"L\"", "2: http.max_clients"}},
    {"an unknown option",
     "mqtt: {\n keepalve = \"10s\";\n};",
     {"2: unknown option mqtt.keepalve, did you mean keepalive?"}},
    {"an unknown option like none",
     "log: {\n colour_of_the_sky = 1;\n};",
     {"2: unknown option log.colour_of_the_sky"}},
    {"an unknown section",
     "jurnal: { };",
     {"1: unknown section jurnal, did you mean journal?"}},
    {"a section of a later version",
     "oversight: {\n lists = 1;\n};\nmap: {};\nschedules = ();",
     {"1: section oversight is not read by this version: leave it out"}},
    {"a section that is no group",
     "log = 3;",
     {"1: log must be a group { ... }, not a bare number"}},
    {"a duration without unit",
     "journal: { sync_interval = 20; };",
     {"1: journal.sync_interval must be a text with a unit, such as \"15s\", not a bare "
      "number"}},
    {"a size without unit",
     "http: { max_body = 65536; };",
     {"1: http.max_body must be a text with a unit"}},
    {"a unit nobody knows",
     "journal: { sync_interval = \"20 fortnights\"; };",
     {"1: journal.sync_interval: "}},
    {"a number in quotes",
     "http: { max_clients = \"7\"; };",
     {"1: http.max_clients must be a whole number, not a text"}},
    {"below its bound",
     "http: { max_clients = 0; };",
     {"1: http.max_clients is from 1 to 100000, not \"0\""}},
    {"not one of the choices",
     "log: { level = \"loud\"; };",
     {"1: log.level is one of err|warning|info|debug, not \"loud\""}},
    {"several at once, in the order of the file",
     "log: {\n level = 3;\n};\nhttp: {\n max_sse = 0;\n lisen = \"x\";\n};\n",
     {"2: log.level must be a text in quotes, not a bare number",
      "5: http.max_sse is from 1 to 100000",
      "6: unknown option http.lisen, did you mean listen?"}},
    {"an address without port",
     "http: { listen = \"localhost\"; };",
     {"1: http.listen is HOST:PORT, [IPv6]:PORT or unix:/path, not \"localhost\""}},
    {"everybody let in from everywhere",
     "http: {\n listen = \"0.0.0.0:8480\";\n auth = \"none\";\n};",
     {"3: http.auth = \"none\" needs a loopback address, not \"0.0.0.0:8480\""}},
    {"half of TLS",
     "http: { cert_file = \"/c.pem\"; };",
     {"1: http.cert_file and http.key_file go together"}},
    {"a journal of one segment",
     "journal: { quota = \"64MiB\"; };",
     {"1: journal.quota must hold at least two segments"}},
    {"a secret in the file",
     "mqtt: {\n password = \"hunter2\";\n};",
     {"2: mqtt.password must not be in the configuration: name a file that holds it with "
      "password_file"}},
    {"a secret file that is not there",
     "mqtt: { password_file = \"/nonexistent/x\"; };",
     {"1: mqtt.password_file: cannot read /nonexistent/x (No such file or directory)"}},
    {"a list of brokers that is a group",
     "mqtt: { brokers = { }; };",
     {"1: brokers must be a list ( { ... }, { ... } ), not a group"}},
    {"a broker with a mistake",
     "mqtt: { brokers = (\n { url = 7; } ); };",
     {"2: mqtt.brokers.0.url must be a text in quotes"}},
    {"an include that is not there",
     "log: { };\n@include \"gone.conf\"\n",
     {"2: cannot read "}},
    {"an include of a folder", "@include \"/tmp\"\n", {"1: cannot read /tmp (Is a directory)"}},
    {"an include of itself",
     "@include \"main.conf\"\n",
     {"1: includes are nested more than 8"}},
    {"rules that are no list", "rules = { };", {"1: rules must be a list"}},
    {"a rule that is no group", "rules = ( 1 );", {"1: rules must be a list of groups"}},
    {"a rule without detector",
     "rules = (\n { name = \"a\"; } );",
     {"2: rules.a.detector is missing"}},
    {"a rule of an unknown detector",
     "rules = (\n { name = \"bed-exit\"; detector = \"absence_after\"; trigger = \"x\"; } );",
     {"2: rules.bed-exit: unknown detector \"absence_after\"; known: "}},
    {"a rule of an unknown condition",
     "rules = ( { name = \"a\"; detector = \"visit\"; condition = \"early\"; } );",
     {"1: rules.a.condition is one of late, missed, no_checkout, not \"early\""}},
    {"a rule of no condition",
     "rules = ( { name = \"a\"; detector = \"system\"; } );",
     {"1: rules.a.condition is one of unknown_site, clock_fault, not_authorised"}},
    {"two rules of one name",
     "rules = (\n { name = \"a\"; detector = \"visit\"; condition = \"late\"; },\n"
     " { name = \"a\"; detector = \"visit\"; condition = \"missed\"; } );",
     {"3: there are two rules a, the first at line 2"}},
    {"two rules of one condition",
     "rules = (\n { name = \"a\"; detector = \"visit\"; condition = \"late\"; },\n"
     " { name = \"b\"; detector = \"visit\"; condition = \"late\"; } );",
     {"3: the rule of late is already at line 2"}},
    {"the name of a built-in rule",
     "rules = ( { name = \"visit-missed\"; detector = \"visit\"; condition = \"late\"; } );",
     {"1: visit-missed is the name of the built-in rule of visit missed"}},
    {"a name that is no id",
     "rules = ( { name = \"a b\"; detector = \"visit\"; condition = \"late\"; } );",
     {"1: rules.a b.name is an id of letters, digits, _ . -, not \"a b\""}},
    {"a text that is no group",
     "rules = ( { name = \"a\"; detector = \"visit\"; condition = \"late\"; text = \"x\"; } );",
     {"1: rules.a.text must be a group { ... }, not a text"}},
    {"a language nobody reads",
     "rules = ( { name = \"a\"; detector = \"visit\"; condition = \"late\"; text = { fr = "
     "\"x\"; }; } );",
     {"1: unknown option rules.a.text.fr"}},
    {"an option of another kind of rule",
     "rules = ( { name = \"a\"; detector = \"visit\"; condition = \"late\"; below = 3; } );",
     {"1: unknown option rules.a.below"}},
    {"a pattern with a star inside",
     "rules = ( { name = \"a\"; detector = \"visit\"; condition = \"late\"; site = \"a*b\"; } "
     ");",
     {"1: rules.a.site is an id or a prefix that ends in *"}},
    {"a source without topic",
     "sources = ( { metric = \"temp\"; } );",
     {"1: sources.0.topic is missing"}},
    {"a source of a bad filter",
     "sources = ( { topic = \"a/#/b\"; } );",
     {"1: sources.0.topic is an MQTT filter, not \"a/#/b\""}},
    {"a source of an unknown decoder",
     "sources = ( { topic = \"a\"; decoder = \"xml\"; } );",
     {"1: sources.0: unknown decoder \"xml\"; known: "}},
    {"a site of an unknown kind",
     "sites = ( { site = \"a\"; kind = \"castle\"; } );",
     {"1: sites.0.kind is one of institution"}},
    {"a site twice",
     "sites = (\n { site = \"a\"; kind = \"home\"; },\n { site = \"a\"; kind = \"base\"; } );",
     {"3: site a is already at line 2"}},
    {"half a place",
     "sites = ( { site = \"a\"; kind = \"home\"; lat = 30.1; } );",
     {"1: sites.0.lat and sites.0.lon go together"}},
    {"a place off the earth",
     "sites = ( { site = \"a\"; kind = \"home\"; lat = 91.0; lon = 0; } );",
     {"1: sites.0.lat is from -90 to 90, not \"91\"", "1: sites.0.lat and"}},
    {"a channel of an unknown notifier",
     "channels = ( { name = \"a\"; notifier = \"pigeon\"; } );",
     {"1: channels.a: unknown notifier \"pigeon\"; known: "}},
    {"a route to nowhere",
     "routes = ( { channel = [ \"a\" ]; } );",
     {"1: routes.0: there is no channel \"a\""}},
    {"a route without channel",
     "routes = ( { priority = \"high\"; } );",
     {"1: routes.0.channel is missing"}},
    {"a route of an unknown priority",
     "routes = ( { priority = \"high|huge\"; channel = []; } );",
     {"1: routes.0.priority is made of high|medium|low, not \"huge\""}},
    {"plugins from nowhere",
     "plugins: { load = [ \"x\" ]; };",
     {"1: plugins.load needs plugins.dir, an absolute path"}},
    {"plugins from a folder that is not there",
     "plugins: { dir = \"/nonexistent\"; load = [ \"x\" ]; };",
     {"1: plugins.dir /nonexistent: No such file or directory"}},
};

static void every_mistake_is_told_with_its_line(void **state)
{
    for (size_t i = 0; i < sizeof(bad_files) / sizeof(bad_files[0]); i++) {
        config_free(load(*state, bad_files[i].text, NULL, 0));
        assert_told(*state, bad_files[i].told, bad_files[i].name);
    }
}

static void a_file_that_is_not_there_is_a_mistake(void **state)
{
    struct told *told = *state;
    struct config *config;
    assert_int_not_equal(config_load(&config, "/nonexistent/main.conf", NULL, 0, hear, told),
                         0);
    assert_null(config);
    assert_told(
        told,
        (const char *const[]){"0: cannot read /nonexistent/main.conf (No such file", NULL},
        "absent");
}

static void a_mistake_in_an_included_file_has_its_own_line(void **state)
{
    struct told *told = *state;
    (void)write_file(told, "other.conf", "http: {\n\n max_sse = 0;\n};\n");
    config_free(
        load(told, "# first\n@include \"other.conf\"\nlog: {\n level = 1;\n};", NULL, 0));
    assert_told(told,
                (const char *const[]){"4: log.level must be",
                                      "other.conf:3: http.max_sse is from", NULL},
                "include");
}

static void count(void *ctx, const struct config_mistake *mistake)
{
    assert_non_null(mistake->text);
    ++*(size_t *)ctx;
}

static void there_is_an_end_to_mistakes(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 1 << 20);
    buf_add_text(&text, "log: {\n");
    for (int i = 0; i < 5000; i++)
        buf_printf(&text, " option_%d = 1;\n", i);
    buf_add_text(&text, "};\n");
    struct config *config;
    size_t n = 0;
    assert_int_not_equal(config_load_text(&config, buf_str(&text), count, &n), 0);
    assert_int_equal(n, 201); /* the last says how many more there are */
    buf_done(&text);
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
    assert_string_equal(late->text_zh, "上门服务迟到:到时未签到");
    const struct rule *silent = ruleset_builtin(&config->rules, CONDITION_DEVICE_SILENT);
    assert_string_equal(silent->name, "lost");
    assert_false(silent->fold_site);
    assert_int_equal(config->rules.n_rules, 9);
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
    assert_reads_back(config, told);
    config_free(config);
}

#define WITH_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DIR(presets_are_a_whole_configuration),
        WITH_DIR(every_condition_has_a_built_in_rule),
        WITH_DIR(every_mistake_is_told_with_its_line),
        WITH_DIR(a_file_that_is_not_there_is_a_mistake),
        WITH_DIR(a_mistake_in_an_included_file_has_its_own_line),
        WITH_DIR(there_is_an_end_to_mistakes),
        WITH_DIR(the_command_line_outranks_the_environment_outranks_the_file),
        WITH_DIR(mistakes_of_environment_and_command_line_name_themselves),
        WITH_DIR(a_secret_comes_from_its_file_or_a_credential),
        WITH_DIR(a_built_in_rule_takes_what_the_file_says_and_keeps_the_rest),
        WITH_DIR(a_rule_gives_its_detector_the_options),
        WITH_DIR(a_fingerprint_changes_with_any_word_and_only_then),
        WITH_DIR(what_is_printed_reads_back_to_the_same),
        WITH_DIR(a_recorded_configuration_includes_no_file),
        WITH_DIR(the_reference_in_conf_is_what_the_tables_say),
        WITH_DIR(the_reference_means_the_presets_also_switched_on),
        WITH_DIR(the_demo_configuration_is_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * config_reference.c - the reference a person starts from: every option of every table,
 * commented out, with what it is for, its preset, unit and bounds; then one sample of each
 * list, and the options of every plugin there is. conf/carewatch.conf is this text.
 *
 * "# words" explain, "#key = value;" can be switched on by removing the one character.
 */
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/option.h"
#include "base/str.h"
#include "base/units.h"
#include "io/config_private.h"
#include "io/plugin_load.h"

#define WIDTH 96

/* Prose as comment lines, broken between words; indented prose hangs. */
static void say(struct buf *out, const char *indent, const char *text)
{
    size_t hang = strspn(text, " ") * 2;
    struct cw_str rest = str_of(text), word;
    size_t column = 0;
    bool first = true;
    while (str_split(&rest, ' ', &word)) {
        if (column > 0 && column + 1 + word.n > WIDTH) {
            buf_add_char(out, '\n');
            column = 0;
        }
        if (column == 0) {
            buf_printf(out, "%s#%*s", indent, first ? 0 : (int)hang, "");
            column = strlen(indent) + 1 + (first ? 0 : hang);
            first = false;
        }
        buf_add_char(out, ' ');
        buf_add_str(out, word);
        column += 1 + word.n;
    }
    buf_add_char(out, '\n');
}

static void add_bound(struct buf *out, const struct cw_option *option, double bound)
{
    char text[DURATION_MAX];
    size_t n;
    if (option->type == CW_OPT_TIME)
        n = duration_format((int64_t)(bound * (double)NS_PER_S), text);
    else if (option->type == CW_OPT_SIZE)
        n = size_format((int64_t)bound, text);
    else
        n = num_format_f64(bound, text);
    buf_add(out, text, n);
}

/* "duration from 1s to 1m, default 10s" */
static void add_nature(struct buf *out, const struct cw_option *option)
{
    buf_add_text(out, option_type_name(option));
    bool bounded = option->min < option->max || option->min > option->max;
    if (option->choices) {
        buf_printf(out, ", one of %s", option->choices);
    } else if (bounded) {
        buf_add_text(out, " from ");
        add_bound(out, option, option->min);
        buf_add_text(out, " to ");
        add_bound(out, option, option->max);
    }
    if (option->preset == CW_REQUIRED)
        buf_add_text(out, ", must be given");
    else if (option->preset[0] == '\0')
        buf_add_text(out, ", may be left out");
}

static void add_literal(struct buf *out, const struct cw_option *option)
{
    const char *preset = option->preset && option->preset[0] ? option->preset : NULL;
    switch (option->type) {
    case CW_OPT_BOOL:
        buf_add_text(out, preset ? preset : "false");
        break;
    case CW_OPT_INT:
        buf_add_text(out, preset ? preset : "0");
        break;
    case CW_OPT_REAL:
        buf_add_text(out, preset ? preset : "0.0");
        break;
    case CW_OPT_LIST: {
        struct cw_str rest = str_of(preset ? preset : ""), item;
        buf_add_text(out, "[");
        for (int i = 0; str_split(&rest, ',', &item) && item.n > 0; i++)
            buf_printf(out, "%s\"%.*s\"", i ? ", " : " ", (int)item.n, item.p);
        buf_add_text(out, preset ? " ]" : "]");
        break;
    }
    default:
        buf_printf(out, "\"%s\"", preset ? preset : "");
    }
}

static void add_option(struct buf *out, const char *indent, const struct cw_option *option)
{
    struct buf words;
    buf_init(&words, 1024);
    buf_printf(&words, "%s (", option->help);
    add_nature(&words, option);
    buf_add_char(&words, ')');
    say(out, indent, buf_text(&words));
    buf_done(&words);
    bool secret = option->type == CW_OPT_SECRET;
    buf_printf(out, "%s#%s%s = ", indent, option->name, secret ? "_file" : "");
    add_literal(out, option);
    buf_add_text(out, ";\n");
}

static void add_table(struct buf *out, const char *indent, const struct cw_option *table)
{
    for (const struct cw_option *option = table; option && option->name; option++)
        add_option(out, indent, option);
}

static void add_sections(struct buf *out)
{
    for (const struct section *section = config_sections; section->name;) {
        const char *name = section->name;
        buf_add_char(out, '\n');
        say(out, "", section->help);
        buf_printf(out, "%s: {\n", name);
        for (; section->name && strcmp(section->name, name) == 0; section++)
            add_table(out, "  ", section->table);
        buf_add_text(out, "};\n");
    }
}

/* A list: what it is, what an item can have, one sample. */
static void add_list(struct buf *out, const char *name, const char *help,
                     const struct cw_option *table, const char *sample)
{
    buf_add_char(out, '\n');
    say(out, "", help);
    for (const struct cw_option *option = table; option->name; option++) {
        struct buf words;
        buf_init(&words, 1024);
        buf_printf(&words, "  %s: %s (", option->name, option->help);
        add_nature(&words, option);
        if (option->preset && option->preset[0] && !option->choices)
            buf_printf(&words, ", default %s", option->preset);
        else if (option->preset && option->preset[0])
            buf_printf(&words, "; default %s", option->preset);
        buf_add_char(&words, ')');
        say(out, "", buf_text(&words));
        buf_done(&words);
    }
    buf_printf(out, "%s: (\n%s);\n", name, sample);
}

static void add_plugins(struct buf *out, enum cw_plugin_kind kind, const char *what)
{
    const struct cw_plugin *plugin;
    for (size_t i = 0; (plugin = plugin_at(i)); i++) {
        if (plugin->kind != kind || plugin != plugin_find(kind, plugin->name))
            continue;
        buf_printf(out, "#\n# %s \"%s\": %s\n", what, plugin->name, plugin->help);
        for (const struct cw_option *option = plugin->option; option && option->name;
             option++) {
            struct buf words;
            buf_init(&words, 1024);
            buf_printf(&words, "  %s%s: %s (", option->name,
                       option->type == CW_OPT_SECRET ? "_file" : "", option->help);
            add_nature(&words, option);
            if (option->preset && option->preset[0])
                buf_printf(&words, "; default %s", option->preset);
            buf_add_char(&words, ')');
            say(out, "", buf_text(&words));
            buf_done(&words);
        }
    }
}

static void add_rules(struct buf *out)
{
    add_list(
        out, "rules",
        "Rules: when somebody is told. Beside these, a rule has the options of its "
        "detector (below), text = { zh = \"...\"; en = \"...\"; } for what happened and "
        "action = { zh; en } for what to do. A rule whose words did not change keeps its "
        "state and its alarms over a reload.",
        rule_options,
        "  #{ name = \"spo2-low\"; detector = \"threshold\"; metric = \"spo2\"; below = 90.0;\n"
        "  #  clear = 92.0; for = \"15s\"; priority = \"high\"; category = \"physiological\";\n"
        "  #  text = { zh = \"血氧过低\"; en = \"Low oxygen saturation\"; }; },\n"
        "  #{ name = \"visit-missed-here\"; detector = \"visit\"; condition = \"missed\";\n"
        "  #  after = \"30m\"; priority = \"high\"; category = \"service\"; }\n");
    buf_add_char(out, '\n');
    say(out, "",
        "Built in: detectors supervision, visit and system. Their rules always exist; a rule "
        "with the same detector and condition changes priority, texts and grace.");
    for (const struct builtin_rule *rule = builtin_rules; rule->name; rule++)
        buf_printf(out, "#   %-18s %s, condition %s, priority %s%s%s\n", rule->name,
                   rule->detector, rule->condition, rule->priority,
                   rule->after ? ", after " : "", rule->after ? rule->after : "");
    for (const struct cw_option *option = rule_builtin_options; option->name; option++) {
        struct buf words;
        buf_init(&words, 1024);
        buf_printf(&words, "  %s: %s", option->name, option->help);
        say(out, "", buf_text(&words));
        buf_done(&words);
    }
    add_plugins(out, CW_DETECTOR, "Detector");
}

static void add_duty(struct buf *out)
{
    add_list(out, "rosters",
             "Rosters: who is on duty. Members take turns by the wall clock; an override "
             "(command or interface) puts somebody else in for a time.",
             roster_options,
             "  #{ name = \"night-desk\"; members = [ \"li\", \"wang\" ]; rotate = \"1d\";\n"
             "  #  from = \"2026-01-05 20:00\"; channel = [ \"desk\" ]; }\n");
    add_list(
        out, "escalations",
        "Escalations: whom an alarm is told to when nobody acknowledges it. The first that "
        "matches an alarm is its chain; the last step comes again until a person acts.",
        chain_options,
        "  #{ name = \"calls\"; priority = \"high\"; repeat = \"5m\"; ack_for = \"15m\";\n"
        "  #  steps = [ \"1m roster:night-desk\", \"3m desk roster:night-desk\" ]; }\n");
    add_list(
        out, "inhibitions",
        "Inhibitions: which alarms explain which. While the source stands and somebody was "
        "told of it, the targets are suppressed: on the lists, not told. An outage of a "
        "site does that for its devices by itself.",
        inhibition_options,
        "  #{ name = \"power\"; source = [ \"rule=power-failed\" ];\n"
        "  #  target = [ \"category=technical\", \"device!=\\\"\\\"\" ]; }\n");
}

static void add_oversight(struct buf *out)
{
    add_list(
        out, "duties",
        "Duties: what registered organisations and sites have to file or do, and by when. A "
        "case is opened for each period and is an alarm when it is overdue.",
        duty_rule_options,
        "  #{ name = \"annual_report\"; title = \"年度工作报告\"; due = [ \"05-31\" ];\n"
        "  #  types = \"social_group|private_nonprofit|foundation\"; of_previous_year = true;\n"
        "  #  source = \"社会团体登记管理条例\"; }\n");
    add_list(out, "lists",
             "Lists of organisations and their legal clocks. One that is not here has the "
             "periods of the section oversight.",
             list_rule_options,
             "  #{ name = \"abnormal\"; title = \"活动异常名录\"; leads_to = \"serious\"; "
             "leads_months = 24;\n"
             "  #  source = \"社会组织信用信息管理办法\"; clause = \"art. 11\"; }\n");
    add_list(out, "schemes", "Schemes: how organisations and institutions are graded.",
             scheme_options,
             "  #{ name = \"gbt37276\"; title = \"养老机构等级\"; types = \"institution\";\n"
             "  #  source = \"GB/T 37276-2018\"; years = 3;\n"
             "  #  sections = [ \"environment:120\", \"service:600\" ];\n"
             "  #  grades = [ \"5 900 90%\", \"4 780 80%\" ]; }\n");
    add_list(out, "checklist",
             "Checklist: what an inspector ticks on the spot, by domain, in this order.",
             check_options,
             "  #{ name = \"exits\"; domain = \"safety\"; clause = \"GB 50016\";\n"
             "  #  text = \"疏散通道畅通\"; text_en = \"Escape routes are free\"; }\n");
    add_list(out, "partners",
             "Partners: other departments and regions whose signed lists are taken in, by "
             "POST /api/v1/partners/NAME/received.",
             partner_options, "  #{ name = \"mianyang\"; key = \"\"; }\n");
}

void config_print_reference(struct buf *out)
{
    say(out, "",
        "carewatch.conf - every option with its default, as \"carewatch schema config\" prints "
        "it. Uncomment what you change, then try it with \"carewatch check -c FILE\".");
    buf_add_text(out, "#\n");
    say(out, "",
        "Durations and sizes are texts with a unit: \"20ms\", \"15s\", \"1h30m\"; \"64KiB\", "
        "\"1GB\". A secret is never written here: NAME_file names the file that holds it, or a "
        "systemd credential SECTION.NAME does. What outranks this file: CAREWATCH_SECTION_KEY "
        "in the environment, then -p section.key=value. @include \"FILE\" on a line of its own "
        "takes in another file.");
    add_sections(out);
    add_list(
        out, "sources",
        "Sources: how messages of some topics are read. The first that matches counts; "
        "without one a payload is recognised by its shape.",
        source_options,
        "  #{ topic = \"care/v1/+/room-thermometer/telemetry\"; metric = \"room_temp\"; }\n");
    add_list(
        out, "doors",
        "Doors: brokers on this machine that write their telemetry and events into a journal "
        "of their own, by their plugin mosquitto_door.so (see mosquitto.conf). Each is named "
        "by the mqtt section, or the entry of mqtt.brokers, of its broker.",
        door_place_options, "  #{ name = \"city\"; dir = \"/var/lib/carewatch-door\"; }\n");
    add_list(out, "sites",
             "Sites that are known before they are heard. Authority hangs on the kind.",
             site_options,
             "  #{ site = \"home-7\"; kind = \"institution\"; district = \"qingyang\"; name = "
             "\"示例养老院\"; "
             "lat = 30.67; lon = 104.05; }\n");
    add_list(out, "schedules",
             "Schedules: names for times of the day and the week, in the zone of the section "
             "calendar.",
             schedule_options,
             "  #{ name = \"night\"; spans = [ \"21:00-06:00\" ]; },\n"
             "  #{ name = \"office\"; spans = [ \"mon-fri 08:30-12:00\", \"mon-fri "
             "13:30-17:30\" ]; }\n");
    add_rules(out);
    add_list(out, "channels",
             "Channels: how the world outside is told. Beside these, a channel has "
             "notifier = \"NAME\" and the options of that notifier (below).",
             channel_options,
             "  #{ name = \"desk\"; notifier = \"webhook\"; url = "
             "\"https://desk.example/hook\"; }\n");
    add_plugins(out, CW_NOTIFIER, "Notifier");
    add_duty(out);
    add_oversight(out);
    add_list(out, "routes",
             "Routes: which alarms are told where. Every route that matches adds its channels; "
             "without a route nobody outside is told.",
             route_options, "  #{ priority = \"high|medium\"; channel = [ \"desk\" ]; }\n");
}

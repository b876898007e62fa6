/*
 * config_print.c - a configuration back into words: libconfig text that reads back to the
 * same, or JSON for programs. One walk, two notations.
 *
 * Everything is written, presets and built-in rules too, so that what is recorded in the
 * journal means the same under a later version with other presets. Secrets are left out of
 * the text, and "***" in JSON.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json_out.h"
#include "base/num.h"
#include "base/option.h"
#include "base/str.h"
#include "base/units.h"
#include "core/oversight/statute.h"
#include "io/config_private.h"

/* Where the walk writes to. */
struct printer {
    struct buf *out;
    bool as_json;
    struct json_out json;
    unsigned depth;
};

/* ---- values ---- */

static void print_text_literal(struct buf *out, const char *text)
{
    buf_add_char(out, '"');
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\')
            buf_printf(out, "\\%c", *c);
        else if ((unsigned char)*c < 0x20 || *c == 0x7f)
            buf_printf(out, "\\x%02x", (unsigned char)*c);
        else
            buf_add_char(out, *c);
    }
    buf_add_char(out, '"');
}

static void print_list_literal(struct buf *out, const char *const *item)
{
    buf_add_text(out, "[");
    for (size_t i = 0; item[i]; i++) {
        buf_add_text(out, i ? ", " : " ");
        print_text_literal(out, item[i]);
    }
    buf_add_text(out, item[0] ? " ]" : "]");
}

/* A number that libconfig reads as a real one. */
static void print_real_literal(struct buf *out, double value)
{
    char text[NUM_MAX];
    size_t n = num_format_f64(value, text);
    buf_add(out, text, n);
    if (!memchr(text, '.', n) && !memchr(text, 'e', n))
        buf_add_text(out, ".0");
}

/* What the field of an option holds. */
union held {
    int32_t boolean;
    int64_t i64;
    double f64;
    const char *text;
    const char *const *list;
};

static union held held_by(const struct cw_option *option, const void *self)
{
    static const size_t size[] = {
        [CW_OPT_BOOL] = sizeof(int32_t),  [CW_OPT_INT] = sizeof(int64_t),
        [CW_OPT_REAL] = sizeof(double),   [CW_OPT_TIME] = sizeof(int64_t),
        [CW_OPT_SIZE] = sizeof(int64_t),  [CW_OPT_TEXT] = sizeof(char *),
        [CW_OPT_SECRET] = sizeof(char *), [CW_OPT_LIST] = sizeof(char **),
    };
    union held held = {0};
    memcpy(&held, (const char *)self + option->offset, size[option->type]);
    return held;
}

/* An option that was left out and has no preset. */
static bool is_unset(const struct cw_option *option, union held held)
{
    bool has_preset = option->preset && option->preset[0];
    switch (option->type) {
    case CW_OPT_REAL:
        return isnan(held.f64);
    case CW_OPT_TEXT:
        return !held.text || (!has_preset && option->preset && !held.text[0]);
    case CW_OPT_SECRET:
        return !held.text;
    case CW_OPT_LIST:
        return !held.list || (!has_preset && option->preset && !held.list[0]);
    case CW_OPT_BOOL:
        return !has_preset && option->preset && held.boolean == 0;
    default:
        return !has_preset && option->preset && held.i64 == 0;
    }
}

void print_value(const struct cw_option *option, const void *self, struct buf *out)
{
    union held held = held_by(option, self);
    char text[DURATION_MAX];
    switch (option->type) {
    case CW_OPT_BOOL:
        buf_add_text(out, held.boolean ? "true" : "false");
        break;
    case CW_OPT_INT:
        buf_printf(out, "%lld%s", (long long)held.i64,
                   held.i64 > INT32_MAX || held.i64 < INT32_MIN ? "L" : "");
        break;
    case CW_OPT_REAL:
        print_real_literal(out, held.f64);
        break;
    case CW_OPT_TIME:
        (void)duration_format(held.i64, text);
        print_text_literal(out, text);
        break;
    case CW_OPT_SIZE:
        (void)size_format(held.i64, text);
        print_text_literal(out, text);
        break;
    case CW_OPT_LIST:
        print_list_literal(out, held.list);
        break;
    default:
        print_text_literal(out, held.text);
    }
}

static void print_json_value(const struct cw_option *option, const void *self,
                             struct json_out *json)
{
    union held held = held_by(option, self);
    char text[DURATION_MAX];
    switch (option->type) {
    case CW_OPT_BOOL:
        json_bool(json, held.boolean != 0);
        break;
    case CW_OPT_INT:
        json_int(json, held.i64);
        break;
    case CW_OPT_REAL:
        json_real(json, held.f64);
        break;
    case CW_OPT_TIME:
        json_text(json, (struct cw_str){text, duration_format(held.i64, text)});
        break;
    case CW_OPT_SIZE:
        json_text(json, (struct cw_str){text, size_format(held.i64, text)});
        break;
    case CW_OPT_LIST:
        json_array(json);
        for (size_t i = 0; held.list[i]; i++)
            json_text(json, str_of(held.list[i]));
        json_array_end(json);
        break;
    case CW_OPT_SECRET:
        json_text(json, CW_STR("***"));
        break;
    default:
        json_text(json, str_of(held.text));
    }
}

/* ---- the two notations ---- */

static void indent(struct printer *printer)
{
    for (unsigned i = 0; i < printer->depth; i++)
        buf_add_text(printer->out, "  ");
}

static void begin(struct printer *printer, const char *name, bool list)
{
    if (printer->as_json) {
        if (name)
            json_key(&printer->json, name);
        if (list)
            json_array(&printer->json);
        else
            json_object(&printer->json);
        return;
    }
    indent(printer);
    if (name)
        buf_printf(printer->out, "%s = ", name);
    buf_add_text(printer->out, list ? "(\n" : "{\n");
    printer->depth++;
}

/* `more`: an item of a list that another one follows. */
static void end(struct printer *printer, bool list, bool in_list, bool more)
{
    if (printer->as_json) {
        if (list)
            json_array_end(&printer->json);
        else
            json_object_end(&printer->json);
        return;
    }
    printer->depth--;
    indent(printer);
    buf_add_text(printer->out, list ? ")" : "}");
    buf_add_text(printer->out, !in_list ? ";\n" : more ? ",\n" : "\n");
}

static void print_option(struct printer *printer, const struct cw_option *option,
                         const void *self)
{
    if (is_unset(option, held_by(option, self)))
        return;
    if (printer->as_json) {
        json_key(&printer->json, option->name);
        print_json_value(option, self, &printer->json);
        return;
    }
    if (option->type == CW_OPT_SECRET)
        return;
    indent(printer);
    buf_printf(printer->out, "%s = ", option->name);
    print_value(option, self, printer->out);
    buf_add_text(printer->out, ";\n");
}

static void print_table(struct printer *printer, const struct cw_option *table,
                        const void *self)
{
    for (const struct cw_option *option = table; option && option->name; option++)
        print_option(printer, option, self);
}

static void print_word(struct printer *printer, const char *name, const char *text)
{
    if (printer->as_json) {
        json_member_text(&printer->json, name, str_of(text));
        return;
    }
    indent(printer);
    buf_printf(printer->out, "%s = ", name);
    print_text_literal(printer->out, text);
    buf_add_text(printer->out, ";\n");
}

/* ---- the walk ---- */

/* Both languages, also when empty: a built-in rule's own text must not come back. */
static void print_both(struct printer *printer, const char *name, const char *zh,
                       const char *en)
{
    begin(printer, name, false);
    print_word(printer, "zh", zh);
    print_word(printer, "en", en);
    end(printer, false, false, false);
}

static void print_one_rule(struct printer *printer, const struct config_whole *whole,
                           uint32_t i, bool more)
{
    const struct rule *rule = &whole->config.rules.rule[i];
    const struct rule_words *words = &whole->rule_words[i];
    begin(printer, NULL, false);
    print_table(printer, rule_options, words);
    if (rule->kind == RULE_DETECTOR)
        print_table(printer, rule->plugin->option, rule->self);
    else
        print_table(printer, rule_builtin_options, words);
    if (rule->kind == RULE_VISIT && words->after_ns == 0)
        print_word(printer, "after", "0");
    print_both(printer, "text", words->text_zh, words->text_en);
    if (rule->kind != RULE_DETECTOR || words->action_zh[0])
        print_both(printer, "action", words->action_zh, words->action_en);
    end(printer, false, true, more);
}

void print_rule(const struct config_whole *whole, uint32_t i, struct buf *out)
{
    struct printer printer = {.out = out};
    print_one_rule(&printer, whole, i, false);
}

static void print_sections(struct printer *printer, const struct config_whole *whole)
{
    for (const struct section *section = config_sections; section->name;) {
        const char *name = section->name;
        begin(printer, name, false);
        for (; section->name && strcmp(section->name, name) == 0; section++) {
            if (section->offset == SIZE_MAX)
                print_table(printer, mqtt_options, &whole->config.mqtt[0]);
            else
                print_table(printer, section->table, (const char *)whole + section->offset);
        }
        if (strcmp(name, "mqtt") == 0 && whole->config.n_mqtt > 1) {
            begin(printer, "brokers", true);
            for (size_t i = 1; i < whole->config.n_mqtt; i++) {
                begin(printer, NULL, false);
                print_table(printer, mqtt_options, &whole->config.mqtt[i]);
                end(printer, false, true, i + 1 < whole->config.n_mqtt);
            }
            end(printer, true, false, false);
        }
        end(printer, false, false, false);
    }
}

static void print_items(struct printer *printer, const char *name,
                        const struct cw_option *table, const void *items, size_t n, size_t size)
{
    begin(printer, name, true);
    for (size_t i = 0; i < n; i++) {
        begin(printer, NULL, false);
        print_table(printer, table, (const char *)items + i * size);
        end(printer, false, true, i + 1 < n);
    }
    end(printer, true, false, false);
}

static void print_channels(struct printer *printer, const struct config *config)
{
    begin(printer, "channels", true);
    for (size_t i = 0; i < config->n_channels; i++) {
        const struct channel *channel = &config->channel[i];
        begin(printer, NULL, false);
        print_table(printer, channel_options, channel);
        print_word(printer, "notifier", channel->plugin->name);
        print_table(printer, channel->plugin->option, channel->self);
        end(printer, false, true, i + 1 < config->n_channels);
    }
    end(printer, true, false, false);
}

static void print_all(struct printer *printer, const struct config *config)
{
    const struct config_whole *whole = config_whole_of_const(config);
    const struct ruleset *rules = &config->rules;
    print_sections(printer, whole);
    print_items(printer, "doors", door_place_options, config->door, config->n_doors,
                sizeof(struct door_place));
    print_items(printer, "sources", source_options, whole->source_words, rules->n_sources,
                sizeof(struct source_words));
    print_items(printer, "sites", site_options, rules->site, rules->n_sites,
                sizeof(struct configured_site));
    print_items(printer, "schedules", schedule_options, whole->schedule_words,
                rules->n_schedules, sizeof(struct schedule_words));
    begin(printer, "rules", true);
    for (uint32_t i = 0; i < rules->n_rules; i++)
        print_one_rule(printer, whole, i, i + 1 < rules->n_rules);
    end(printer, true, false, false);
    print_channels(printer, config);
    print_items(printer, "rosters", roster_options, whole->roster_words, rules->n_rosters,
                sizeof(struct roster_words));
    print_items(printer, "escalations", chain_options, whole->chain_words, rules->n_chains,
                sizeof(struct chain_words));
    print_items(printer, "duties", duty_rule_options, rules->duty, rules->n_duties,
                sizeof(struct duty_rule));
    print_items(printer, "lists", list_rule_options, rules->list, rules->n_lists,
                sizeof(struct list_rule));
    print_items(printer, "schemes", scheme_options, rules->scheme, rules->n_schemes,
                sizeof(struct scheme));
    print_items(printer, "checklist", check_options, rules->check, rules->n_checks,
                sizeof(struct check_item));
    print_items(printer, "partners", partner_options, config->partner, config->n_partners,
                sizeof(struct partner));
    print_items(printer, "inhibitions", inhibition_options, whole->inhibition_words,
                rules->n_inhibitions, sizeof(struct inhibition_words));
    print_items(printer, "routes", route_options, config->route, config->n_routes,
                sizeof(struct route));
}

void config_print(const struct config *config, struct buf *out)
{
    struct printer printer = {.out = out};
    print_all(&printer, config);
}

void config_print_json(const struct config *config, struct buf *out)
{
    struct printer printer = {.out = out, .as_json = true};
    json_out_init(&printer.json, out);
    json_object(&printer.json);
    print_all(&printer, config);
    json_object_end(&printer.json);
    buf_add_char(out, '\n');
}

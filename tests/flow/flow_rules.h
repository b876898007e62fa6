/*
 * flow_rules.h - a ruleset made by hand: the built-in rules, a few of the kind an operator
 * writes, the real decoders and the real encoder. For tests that run whole records.
 */
#ifndef TESTS_FLOW_RULES_H
#define TESTS_FLOW_RULES_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/option.h"
#include "base/str.h"
#include "base/units.h"
#include "core/health.h"
#include "core/rules.h"

extern const struct cw_plugin carewatch_plugin_decode_json;
extern const struct cw_plugin carewatch_plugin_decode_line;
extern const struct cw_plugin carewatch_plugin_encode_line;
extern const struct cw_plugin carewatch_plugin_detect_threshold;
extern const struct cw_plugin carewatch_plugin_detect_event;

#define FLOW_MAX_RULES 96
#define FLOW_N_DECODERS 2

struct flow_rules {
    struct ruleset set;
    struct rule rule[FLOW_MAX_RULES];
    const struct cw_plugin *decoder[FLOW_N_DECODERS];
    void *decoder_self[FLOW_N_DECODERS];
    void *encoder_self;
};

/* An instance with its options: "metric=spo2 below=90 for=15s". */
static inline void *flow_instance(const struct cw_plugin *plugin, const char *settings)
{
    struct cw_error err = {.text = ""};
    void *self = xcalloc(1, plugin->self_size);
    if (plugin->option)
        option_presets(plugin->option, self);
    struct cw_str rest = str_of(settings), part;
    while (str_split(&rest, ' ', &part)) {
        struct cw_str word;
        char name[64];
        if (part.n == 0)
            continue;
        if (!str_split(&part, '=', &word) || !str_copy(name, sizeof(name), word))
            BUG("bad setting in \"%s\"", settings);
        int i = option_find(plugin->option, name);
        if (i < 0 || option_set(&plugin->option[i], self, part, &err))
            BUG("%s: %s", settings, err.text);
    }
    if (plugin->open && plugin->open(self, &err))
        BUG("%s: %s", settings, err.text);
    return self;
}

static inline void flow_instance_free(const struct cw_plugin *plugin, void *self)
{
    if (plugin->close)
        plugin->close(self);
    if (plugin->option)
        option_free(plugin->option, self);
    free(self);
}

static inline struct rule *flow_rule(struct flow_rules *rules, const char *name)
{
    if (rules->set.n_rules == FLOW_MAX_RULES)
        BUG("too many rules");
    struct rule *rule = &rules->rule[rules->set.n_rules++];
    *rule = (struct rule){
        .name = name,
        .kind_name = name,
        .kind = RULE_SYSTEM,
        .priority = CW_PRIORITY_MEDIUM,
        .category = CATEGORY_TECHNICAL,
        .text_zh = "",
        .text_en = name,
        .action_zh = "",
        .action_en = "",
        .risk = "",
        .site = "",
        .device = "",
        .condition = "",
    };
    return rule;
}

/* A rule over a detector; its fingerprint follows from its settings. */
static inline struct rule *flow_detector(struct flow_rules *rules, const char *name,
                                         const struct cw_plugin *plugin, const char *settings)
{
    struct rule *rule = flow_rule(rules, name);
    rule->kind = RULE_DETECTOR;
    rule->category = CATEGORY_PHYSIOLOGICAL;
    rule->plugin = plugin;
    rule->self = flow_instance(plugin, settings);
    rule->fingerprint = hash64(str_of(settings), 1);
    return rule;
}

static inline void flow_builtin(struct flow_rules *rules)
{
    static const struct {
        const char *name, *condition;
        enum rule_kind kind;
    } builtin[] = {
        {"device-silent", CONDITION_DEVICE_SILENT, RULE_SUPERVISION},
        {"device-no-data", CONDITION_ALIVE_NO_DATA, RULE_SUPERVISION},
        {"site-silent", CONDITION_SITE_SILENT, RULE_SUPERVISION},
        {"visit-late", CONDITION_VISIT_LATE, RULE_VISIT},
        {"visit-missed", CONDITION_VISIT_MISSED, RULE_VISIT},
        {"visit-no-checkout", CONDITION_VISIT_NO_CHECKOUT, RULE_VISIT},
        {"visit-short", CONDITION_VISIT_SHORT, RULE_VISIT},
        {"visit-off-site", CONDITION_VISIT_OFF_SITE, RULE_VISIT},
        {"visit-overlap", CONDITION_VISIT_OVERLAP, RULE_VISIT},
        {"visit-impossible-travel", CONDITION_VISIT_TRAVEL, RULE_VISIT},
        {"visit-duplicate", CONDITION_VISIT_DUPLICATE, RULE_VISIT},
        {"visit-uncorroborated", CONDITION_VISIT_UNCORROBORATED, RULE_VISIT},
        {"visit-not-at-home", CONDITION_VISIT_NOT_AT_HOME, RULE_VISIT},
        {"visit-copied", CONDITION_VISIT_COPIED, RULE_VISIT},
        {"visit-bulk", CONDITION_VISIT_BULK, RULE_VISIT},
        {"project-over-claim", CONDITION_PROJECT_OVER_CLAIM, RULE_SYSTEM},
        {"project-over-claim-ahead", CONDITION_PROJECT_OVER_CLAIM_AHEAD, RULE_SYSTEM},
        {"project-under-delivery", CONDITION_PROJECT_UNDER_DELIVERY, RULE_SYSTEM},
        {"inspection-overdue", CONDITION_INSPECTION_OVERDUE, RULE_SYSTEM},
        {"complaint-overdue", CONDITION_COMPLAINT_OVERDUE, RULE_SYSTEM},
        {"duty-overdue", CONDITION_DUTY_OVERDUE, RULE_SYSTEM},
        {"credit-overdue", CONDITION_CREDIT_OVERDUE, RULE_SYSTEM},
        {"site-quiet", CONDITION_SITE_QUIET, RULE_SYSTEM},
        {"activity-over-capacity", CONDITION_ACTIVITY_CAPACITY, RULE_SYSTEM},
        {"activity-room", CONDITION_ACTIVITY_ROOM, RULE_SYSTEM},
        {"activity-worker", CONDITION_ACTIVITY_WORKER, RULE_SYSTEM},
        {"activity-not-held", CONDITION_ACTIVITY_NOT_HELD, RULE_SYSTEM},
        {"recipient-unvisited", CONDITION_UNVISITED, RULE_SYSTEM},
        {"certificate-expires", CONDITION_CERTIFICATE, RULE_SYSTEM},
        {"unknown-site", CONDITION_UNKNOWN_SITE, RULE_SYSTEM},
        {"clock-fault", CONDITION_CLOCK_FAULT, RULE_SYSTEM},
        {"device-doubled", CONDITION_DUPLICATE_IDENTITY, RULE_SYSTEM},
    };
    for (size_t i = 0; i < sizeof(builtin) / sizeof(builtin[0]); i++) {
        struct rule *rule = flow_rule(rules, builtin[i].name);
        rule->kind = builtin[i].kind;
        rule->condition = builtin[i].condition;
        rule->after_ns = 15 * 60 * NS_PER_S;
        rule->fold_site = true;
    }
    for (const struct health_condition *own = health_conditions; own->what; own++)
        flow_rule(rules, own->what)->condition = own->what;
}

/* The set without rules of detectors. */
static inline void flow_rules_begin(struct flow_rules *rules)
{
    static const struct configured_site sites[] = {
        {"s1", "institution", "jinjiang", "First home", 30.6, 104.1},
        {"d1", "dispatch", "jinjiang", "Dispatch", (double)NAN, (double)NAN},
    };
    *rules = (struct flow_rules){
        .decoder = {&carewatch_plugin_decode_json, &carewatch_plugin_decode_line}};
    for (size_t i = 0; i < FLOW_N_DECODERS; i++)
        rules->decoder_self[i] = flow_instance(rules->decoder[i], "");
    rules->encoder_self = flow_instance(&carewatch_plugin_encode_line, "");
    rules->set = (struct ruleset){
        .settings =
            {
                .max_payload_bytes = 65536,
                .max_fields = 256,
                .max_sites = 1000,
                .max_devices = 100000,
                .max_series = 1000000,
                .max_unrostered_per_site = 256,
                .max_visits = 1000,
                .max_entries = 1000,
                .visit_share = 0.75,
                .fence_m = 300,
                .max_speed_kmh = 100,
                .bulk_visits = 10,
                .overlap_ns = 5 * 60 * NS_PER_S,
                .position_for_ns = 24 * 3600 * NS_PER_S,
                .recent_values = 32,
                .recent_bytes = INT64_C(24) << 20,
                .reorder_window_ns = 5 * NS_PER_S,
                .clock_tolerance_ns = 300 * NS_PER_S,
                .default_class_ns = 180 * NS_PER_S,
                .register_unknown_sites = true,
                .default_district = "unknown",
            },
        .rule = rules->rule,
        .site = sites,
        .n_sites = 2,
        .decoder = rules->decoder,
        .decoder_self = rules->decoder_self,
        .n_decoders = FLOW_N_DECODERS,
        .encoder = &carewatch_plugin_encode_line,
        .encoder_self = rules->encoder_self,
    };
}

/* What an operator would write. */
static inline void flow_rules_usual(struct flow_rules *rules)
{
    flow_rules_begin(rules);
    struct rule *rule = flow_detector(rules, "spo2-low", &carewatch_plugin_detect_threshold,
                                      "metric=spo2 below=90 clear=92 for=15s");
    rule->priority = CW_PRIORITY_HIGH;
    flow_detector(rules, "hr-high", &carewatch_plugin_detect_threshold,
                  "metric=hr above=120 clear=110");
    rule = flow_detector(rules, "smoke", &carewatch_plugin_detect_threshold,
                         "metric=smoke equals=1");
    rule->category = CATEGORY_SAFETY;
    rule->pages_late = true;
    rule = flow_detector(rules, "help-call", &carewatch_plugin_detect_event,
                         "raise=call.pressed clear=call.answered,call.cancelled");
    rule->category = CATEGORY_SAFETY;
    rule->pages_late = true;
    flow_detector(rules, "staff-call", &carewatch_plugin_detect_event,
                  "raise=incident.reported scope=site");
    flow_builtin(rules);
}

static inline void flow_rules_done(struct flow_rules *rules)
{
    for (uint32_t i = 0; i < rules->set.n_rules; i++) {
        if (rules->rule[i].plugin)
            flow_instance_free(rules->rule[i].plugin, rules->rule[i].self);
    }
    for (size_t i = 0; i < FLOW_N_DECODERS; i++)
        flow_instance_free(rules->decoder[i], rules->decoder_self[i]);
    flow_instance_free(&carewatch_plugin_encode_line, rules->encoder_self);
}

#endif

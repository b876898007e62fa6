/*
 * explain.c - see explain.h. Reasons are rows: the first that keeps the rule from speaking
 * comes first.
 */
#include "core/series/explain.h"

#include <math.h>
#include <string.h>

#include "base/option.h"
#include "core/alarm/schedule.h"
#include "core/registry/consent.h"
#include "core/series/context.h"
#include "core/series/gate.h"

#define MAX_SHOWN 8u /* values of an input */

/* ---- finding ---- */

static void take(const struct fold *fold, struct explained *explained,
                 const struct watch *watch, const struct outlook *outlook)
{
    explained->watch = watch;
    explained->outlook = *outlook;
    explained->waiting = waiting_find(fold->series->watches, watch->number);
}

static bool take_shared(const struct fold *fold, struct explained *explained,
                        const struct shared *shared, uint32_t plan, struct cw_str subject)
{
    char room[MAX_ALARM_SUBJECT];
    for (; shared; shared = shared->next) {
        struct outlook outlook = outlook_of_shared(fold, shared);
        if (shared->watch.plan != plan)
            continue;
        if (subject.n && !str_eq(subject, outlook_subject(&outlook, room)))
            continue;
        take(fold, explained, &shared->watch, &outlook);
        return true;
    }
    return false;
}

/* The series' own watches of the device; subject empty: the first. */
static void take_own(const struct fold *fold, struct explained *explained, uint32_t plan,
                     struct cw_str subject)
{
    const struct device *device = explained->device;
    const struct plan *plans = fold->series->watches->plan;
    char room[MAX_ALARM_SUBJECT];
    for (uint32_t i = 0; device && i < device->n_series; i++) {
        const struct series *series = &device->series[i];
        struct outlook outlook = outlook_of_series(fold, device, series->metric);
        struct watch *watch = watch_first(device, series);
        for (uint32_t k = 0; k < series->n_watches; k++, watch = watch_next(plans, watch)) {
            if (watch->plan != plan || plans[plan].scope != CW_SCOPE_SERIES)
                continue;
            if (subject.n && !str_eq(subject, outlook_subject(&outlook, room)))
                continue;
            take(fold, explained, watch, &outlook);
            return;
        }
    }
}

static void find_watch(const struct fold *fold, struct explained *explained,
                       struct cw_str subject)
{
    const struct device *device = explained->device;
    const struct keyed *keyed;
    uint32_t plan_index;
    const struct plan *plan = watch_plan(fold->series->watches, explained->rule, &plan_index);
    if (!plan)
        return;
    if (plan->scope == CW_SCOPE_SERIES) {
        take_own(fold, explained, plan_index, subject);
    } else if (plan->scope == CW_SCOPE_SITE) {
        (void)take_shared(fold, explained, explained->site->watch, plan_index, subject);
    } else if (plan->scope == CW_SCOPE_DEVICE) {
        if (device)
            (void)take_shared(fold, explained, device->watch, plan_index, subject);
    } else if (subject.n) {
        for (uint32_t i = 0; (keyed = map_next(&fold->series->watches->keyed, &i, NULL));) {
            if (keyed->site == explained->site->number &&
                take_shared(fold, explained, keyed->watch, plan_index, subject))
                return;
        }
    } else if (device) {
        keyed = plan->scope == CW_SCOPE_ROOM && device->room[0]
                    ? watch_place_of_room(fold, explained->site, device)
                    : watch_place(fold, explained->site, device, CW_STR(""), CW_STR(""));
        if (keyed && take_shared(fold, explained, keyed->watch, plan_index, subject))
            return;
        keyed = watch_place_of_bed(fold, explained->site, device);
        if (keyed)
            (void)take_shared(fold, explained, keyed->watch, plan_index, subject);
    }
}

static bool told_at(const struct alarm *alarm, int64_t at_ns)
{
    return alarm->raised_ns <= at_ns && (alarm->active || alarm->cleared_ns > at_ns);
}

/* The alarm of the watch's subject that was told at the moment, also a closed one. */
static const struct alarm *find_alarm(const struct fold *fold,
                                      const struct explained *explained)
{
    char room[MAX_ALARM_SUBJECT];
    const struct alarm *alarm, *found = NULL;
    if (!explained->watch)
        return NULL;
    struct cw_str subject = outlook_subject(&explained->outlook, room);
    for (uint32_t i = 0; (alarm = map_next(&fold->alarms.by_id, &i, NULL));) {
        if (strcmp(alarm->rule, explained->rule->name) == 0 &&
            str_is(subject, alarm->subject) && told_at(alarm, explained->at_ns))
            found = alarm;
    }
    return found;
}

void explain_device(const struct fold *fold, const struct rule *rule,
                    const struct device *device, int64_t at_ns, struct explained *explained)
{
    *explained = (struct explained){
        .rule = rule,
        .site = fold->registry.site[device->site],
        .device = device,
        .at_ns = at_ns,
    };
    find_watch(fold, explained, CW_STR(""));
    explained->alarm = find_alarm(fold, explained);
}

bool explain_alarm(const struct fold *fold, const struct alarm *alarm,
                   struct explained *explained)
{
    const struct rule *rule = ruleset_find(fold->rules, str_of(alarm->rule));
    const struct site *site = registry_site(&fold->registry, str_of(alarm->site));
    if (!rule)
        return false;
    *explained = (struct explained){
        .rule = rule, .site = site, .alarm = alarm, .at_ns = alarm->raised_ns};
    if (!site)
        return true;
    explained->device =
        registry_device(&fold->registry, str_of(alarm->site), str_of(alarm->device));
    find_watch(fold, explained, str_of(alarm->subject));
    return true;
}

/* ---- inputs ---- */

static void value_json(int64_t time_ns, double value, struct json_out *out)
{
    json_object(out);
    json_member_time(out, "at", time_ns);
    json_member_real(out, "value", value);
    json_object_end(out);
}

/* The last values at or before the moment, oldest first. */
static void values_json(const struct series *series, int64_t at_ns, struct json_out *out)
{
    uint32_t n = series->recent.n;
    while (n > 0 && recent_time_ns(&series->recent, n - 1) > at_ns)
        n--;
    json_key(out, "values");
    json_array(out);
    for (uint32_t i = n > MAX_SHOWN ? n - MAX_SHOWN : 0; i < n; i++)
        value_json(recent_time_ns(&series->recent, i), recent_value_at(&series->recent, i),
                   out);
    json_array_end(out);
}

static void input_json(const struct device *device, const struct series *series, int64_t at_ns,
                       struct json_out *out)
{
    json_object(out);
    json_member_text(out, "kind", CW_STR("metric"));
    json_member_text(out, "name", series->metric->name);
    json_member_text(out, "device", str_of(device->id));
    json_member_time_opt(out, "newest_at", series->newest_ns);
    const char *withheld = consent_withholds(device, series->metric);
    if (withheld)
        json_member_text(out, "withheld", str_of(withheld));
    else if (series->metric->type != CW_TEXT)
        values_json(series, at_ns, out);
    json_object_end(out);
}

/* Whether the device's values come to the watch. */
static bool belongs(const struct fold *fold, const struct explained *explained,
                    const struct device *device)
{
    const struct outlook *outlook = &explained->outlook;
    if (!explained->watch)
        return device == explained->device;
    if (outlook->scope == CW_SCOPE_SITE)
        return true;
    if (outlook->keyed && outlook->scope == CW_SCOPE_ROOM && device->room[0])
        return watch_place_of_room(fold, explained->site, device) == outlook->keyed;
    if (outlook->keyed)
        return watch_place(fold, explained->site, device, CW_STR(""), CW_STR("")) ==
               outlook->keyed;
    return device == outlook->device;
}

static bool is_input(const struct explained *explained, const struct plan *plan,
                     const struct series *series)
{
    return plan_slot(plan, CW_INPUT_METRIC, series->metric->name) >= 0 &&
           (!explained->outlook.metric || explained->outlook.metric == series->metric);
}

const char *explain_withheld(const struct fold *fold, const struct explained *explained)
{
    uint32_t plan_index;
    const struct plan *plan = watch_plan(fold->series->watches, explained->rule, &plan_index);
    const struct device *device =
        plan && explained->site ? explained->site->first_device : NULL;
    for (; device; device = device->next_of_site) {
        for (uint32_t i = 0; belongs(fold, explained, device) && i < device->n_series; i++) {
            const struct series *series = &device->series[i];
            const char *kind = consent_withholds(device, series->metric);
            if (kind && is_input(explained, plan, series))
                return kind;
        }
    }
    return NULL;
}

static uint32_t inputs_json(const struct fold *fold, const struct explained *explained,
                            const struct plan *plan, struct json_out *out)
{
    const struct device *device = explained->site->first_device;
    uint32_t n_values = 0;
    json_key(out, "inputs");
    json_array(out);
    for (; device; device = device->next_of_site) {
        for (uint32_t i = 0; belongs(fold, explained, device) && i < device->n_series; i++) {
            const struct series *series = &device->series[i];
            if (!is_input(explained, plan, series))
                continue;
            input_json(device, series, explained->at_ns, out);
            n_values++;
        }
    }
    for (uint32_t i = 0; i < plan->n_inputs; i++) {
        if (plan->input[i].kind != CW_INPUT_EVENT)
            continue;
        json_object(out);
        json_member_text(out, "kind", CW_STR("event"));
        json_member_text(out, "name", str_of(plan->input[i].name));
        json_object_end(out);
    }
    json_array_end(out);
    return n_values;
}

/* ---- thresholds, timers, suppressors ---- */

static void words_json(const char *zh, const char *en, struct json_out *out)
{
    json_object(out);
    json_member_opt(out, "zh", str_of(zh ? zh : ""));
    json_member_opt(out, "en", str_of(en ? en : ""));
    json_object_end(out);
}

static void thresholds_json(const struct rule *rule, struct json_out *out)
{
    struct buf text;
    json_key(out, "thresholds");
    json_object(out);
    for (const struct cw_option *option = rule->plugin->option; option && option->name;
         option++) {
        buf_init(&text, 4096);
        option_print(option, rule->self, &text);
        json_member_opt(out, option->name, buf_str(&text));
        buf_done(&text);
    }
    json_object_end(out);
}

void rule_json(const struct rule *rule, struct json_out *out)
{
    json_object(out);
    json_member_text(out, "rule", str_of(rule->name));
    json_member_text(out, "priority", str_of(priority_name(rule->priority)));
    json_member_text(out, "category", str_of(category_name(rule->category)));
    json_member_opt(out, "risk", str_of(rule->risk));
    json_member_opt(out, "site", str_of(rule->site));
    json_member_opt(out, "device", str_of(rule->device));
    if (rule->when)
        json_member_text(out, "when", str_of(rule->when->name));
    json_key(out, "text");
    words_json(rule->text_zh, rule->text_en, out);
    json_key(out, "action");
    words_json(rule->action_zh, rule->action_en, out);
    if (rule->plugin) {
        json_member_text(out, "detector", str_of(rule->plugin->name));
        thresholds_json(rule, out);
    }
    json_object_end(out);
}

static void timers_json(const struct explained *explained, struct json_out *out)
{
    const struct waiting *waiting = explained->waiting;
    json_key(out, "timers");
    json_object(out);
    if (waiting && waiting->deadline_ns != CW_NEVER)
        json_member_time(out, "deadline", waiting->deadline_ns);
    if (waiting)
        json_member_time_opt(out, "last_sample_at", waiting->sample_ns);
    json_object_end(out);
}

/* What the watch has learned of whom it looks at: a limit of one's own and from what. Habits
 * are as much of the person as the values they come from, and withheld with them. */
static void learned_json(const struct fold *fold, const struct explained *explained,
                         const struct plan *plan, struct json_out *out)
{
    struct cw_learned learned[CW_MAX_LEARNED];
    if (!explained->watch || !plan->detector->learned || explain_withheld(fold, explained))
        return;
    uint32_t n = plan->detector->learned(plan->self, watch_state_of(explained->watch), learned,
                                         CW_MAX_LEARNED);
    if (n == 0)
        return;
    json_key(out, "learned");
    json_object(out);
    for (uint32_t i = 0; i < n; i++)
        json_member_real_opt(out, learned[i].name, learned[i].value);
    json_object_end(out);
}

static void schedule_json(const struct fold *fold, const struct explained *explained,
                          struct json_out *out)
{
    const struct rule *rule = explained->rule;
    bool covers = schedule_covers(rule->when, &fold->rules->zone, explained->at_ns);
    int64_t until_ns = schedule_next_ns(rule->when, &fold->rules->zone, explained->at_ns);
    json_object(out);
    json_member_text(out, "when", str_of(rule->when->name));
    json_member_bool(out, "holds", !covers);
    if (until_ns != INT64_MAX)
        json_member_time(out, "until", until_ns);
    json_object_end(out);
}

static const struct fact *fact_of(const struct fold *fold, const struct explained *explained,
                                  const struct term *term)
{
    const struct keyed *site = watch_place_of_site(fold, explained->site);
    const struct keyed *place = explained->outlook.keyed;
    if (!place && explained->device)
        place = watch_place(fold, explained->site, explained->device, CW_STR(""), CW_STR(""));
    const struct fact *fact = place ? context_fact(place, term, fold->now_ns) : NULL;
    return fact || !site ? fact : context_fact(site, term, fold->now_ns);
}

/* What keeps the rule from speaking, each with whether it does. */
static void suppressors_json(const struct fold *fold, const struct explained *explained,
                             struct json_out *out)
{
    const struct rule *rule = explained->rule;
    json_key(out, "suppressors");
    json_array(out);
    if (rule->when)
        schedule_json(fold, explained, out);
    for (uint32_t i = 0; i < rule->n_unless; i++) {
        const struct fact *fact = fact_of(fold, explained, &rule->unless[i]);
        json_object(out);
        json_member_text(out, "unless", str_of(rule->unless[i].name));
        json_member_bool(out, "holds", fact != NULL);
        if (fact) {
            json_member_time(out, "since", fact->since_ns);
            json_member_time(out, "until", fact->until_ns);
        }
        json_object_end(out);
    }
    json_array_end(out);
}

/* ---- reasons ---- */

enum reason {
    REASON_TOLD,
    REASON_BUILT_IN,
    REASON_NOT_HERE,
    REASON_NO_INPUT,
    REASON_WHEN,
    REASON_UNLESS,
    REASON_LATE,
    REASON_WAITS,
    REASON_NORMAL,
    N_REASONS
};

static const struct {
    const char *code, *zh, *en;
} reasons[N_REASONS] = {
    [REASON_TOLD] = {"told", "已报警", "it spoke: the alarm is told"},
    [REASON_BUILT_IN] = {"built_in", "内置规则，按设备、上门服务或系统状态判断",
                         "a built-in rule: it follows devices, visits or the daemon itself"},
    [REASON_NOT_HERE] = {"not_here", "规则不适用于该站点或设备",
                         "the rule does not look at this site or device"},
    [REASON_NO_INPUT] = {"no_input", "没有收到规则所需的数据",
                         "nothing that the rule looks at has come"},
    [REASON_WHEN] = {"when", "不在规则的生效时段内", "outside of the rule's schedule"},
    [REASON_UNLESS] = {"unless", "规则因现场情况暂停(unless)",
                       "something of the rule's unless is so at the place"},
    [REASON_LATE] = {"late", "数据是补传的旧数据，不呼叫人员",
                     "the value came late: nobody is called for old values"},
    [REASON_WAITS] = {"waits", "条件正在持续计时，尚未到期",
                      "it waits: a deadline has not passed yet"},
    [REASON_NORMAL] = {"normal", "数值在正常范围内", "what came is no alarm"},
};

static enum reason reason_of(const struct fold *fold, const struct explained *explained,
                             const struct plan *plan)
{
    const struct term *term;
    int64_t until_ns;
    if (explained->alarm)
        return REASON_TOLD;
    if (!plan)
        return REASON_BUILT_IN;
    if (explained->device && !plan_matches(plan, explained->site, explained->device))
        return REASON_NOT_HERE;
    if (!explained->watch)
        return REASON_NO_INPUT;
    if (explained->rule->when &&
        !schedule_covers(explained->rule->when, &fold->rules->zone, explained->at_ns))
        return REASON_WHEN;
    uint32_t gate =
        gate_reason(fold, explained->watch->plan, &explained->outlook, &term, &until_ns);
    if (gate == CW_RESUME_UNLESS)
        return REASON_UNLESS;
    if (explained->watch->flags & WATCH_ALARM && explained->watch->flags & WATCH_LATE)
        return REASON_LATE;
    bool waits = explained->waiting && explained->waiting->deadline_ns != CW_NEVER;
    return waits ? REASON_WAITS : REASON_NORMAL;
}

void explain_json(const struct fold *fold, const struct explained *explained,
                  struct json_out *out)
{
    uint32_t plan_index;
    const struct plan *plan = watch_plan(fold->series->watches, explained->rule, &plan_index);
    enum reason reason = reason_of(fold, explained, plan);
    char room[MAX_ALARM_SUBJECT];
    json_member_text(out, "rule", str_of(explained->rule->name));
    json_member_time(out, "at", explained->at_ns);
    json_member_bool(out, "told", explained->alarm != NULL);
    json_key(out, "reason");
    json_object(out);
    json_member_text(out, "code", str_of(reasons[reason].code));
    json_member_text(out, "zh", str_of(reasons[reason].zh));
    json_member_text(out, "en", str_of(reasons[reason].en));
    json_object_end(out);
    if (explained->watch) {
        json_member_text(out, "subject", outlook_subject(&explained->outlook, room));
        json_member_text(out, "level",
                         str_of(explained->watch->flags & WATCH_ALARM ? "alarm" : "normal"));
    }
    if (!plan || !explained->site)
        return;
    json_member_text(out, "detector", str_of(explained->rule->plugin->name));
    inputs_json(fold, explained, plan, out);
    thresholds_json(explained->rule, out);
    learned_json(fold, explained, plan, out);
    timers_json(explained, out);
    suppressors_json(fold, explained, out);
}

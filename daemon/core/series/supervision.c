/*
 * supervision.c - who is alive: deadlines of single devices, and the two ways in.
 *
 * Hearing a device writes a few times and nothing else while all is well; its timer fires
 * once per class, compares with its own deadline and is armed again. A device that lapsed
 * (silent, or alive without data) has lapsed_ns set until it is heard; it is told when the
 * evidence says that it is the device and not its site (supervision_site.c).
 */
#include "core/series/supervision.h"

#include <errno.h>
#include <math.h>

#include "base/str.h"
#include "core/alarm/note.h"
#include "core/ingest/document.h"
#include "core/series/gate.h"
#include "core/series/series.h"
#include "core/series/supervision_private.h"

/* How much earlier than the device's lapse others may have spoken to count as alive. */
#define MAX_MARGIN_NS (INT64_C(20) * 1000000000)
#define MAX_TOLD_WITHOUT_LIFE 2

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static struct site *site_of(const struct fold *fold, const struct device *device)
{
    return fold->registry.site[device->site];
}

static void arm(struct fold *fold, struct device *device, int64_t due_ns)
{
    timer_arm(&fold->timers, &device->timer, TIMER_DEVICE, device->number, due_ns);
}

static int64_t silent_at(const struct device *device)
{
    return later(device->heard_ns, device->supervised_from_ns) + device->class_ns;
}

static int64_t no_data_at(const struct device *device)
{
    if (!device_sends_data(device))
        return INT64_MAX;
    return later(device->data_ns, device->supervised_from_ns) +
           SUPERVISION_NO_DATA_CLASSES * device->class_ns;
}

static int64_t next_check(const struct device *device)
{
    int64_t silent_ns = silent_at(device), no_data_ns = no_data_at(device);
    return silent_ns < no_data_ns ? silent_ns : no_data_ns;
}

/* ---- alarms ---- */

static void raise_device(struct fold *fold, const struct site *site,
                         const struct device *device, const char *condition)
{
    const struct rule *rule = ruleset_builtin(fold->rules, condition);
    if (!rule_pattern_matches(rule->site, str_of(site->id)) ||
        !rule_pattern_matches(rule->device, str_of(device->id)))
        return;
    char subject[MAX_DEVICE_SUBJECT];
    size_t n = device_subject(site, device, subject);
    struct alarm_desc desc = {.rule = rule,
                              .subject = {subject, n},
                              .site = str_of(site->id),
                              .district = str_of(site->district),
                              .device = str_of(device->id),
                              .resident = str_of(device->resident),
                              .bed = str_of(device->bed),
                              .value = (double)NAN,
                              .limit = (double)NAN};
    alarm_raise(fold, &desc);
}

struct alarm *device_alarm(const struct fold *fold, const struct site *site,
                           const struct device *device, const char *condition)
{
    char subject[MAX_DEVICE_SUBJECT];
    size_t n = device_subject(site, device, subject);
    struct cw_str rule = str_of(ruleset_builtin(fold->rules, condition)->name);
    struct alarm *alarm = alarm_open(&fold->alarms, rule, (struct cw_str){subject, n});
    return alarm && alarm->active ? alarm : NULL;
}

static void clear_device(struct fold *fold, const struct site *site,
                         const struct device *device, const char *condition, const char *note)
{
    struct alarm *alarm = device_alarm(fold, site, device, condition);
    if (alarm)
        alarm_clear(fold, alarm, str_of(note));
}

/* ---- lapsing ---- */

static int64_t margin_of(const struct device *device)
{
    int64_t quarter_ns = device->class_ns / 4;
    return quarter_ns < MAX_MARGIN_NS ? quarter_ns : MAX_MARGIN_NS;
}

/* Does the site live without it? Then the trouble is the device's own. */
static bool others_live(const struct site *site, const struct device *device)
{
    bool no_data = device->connection == CONNECTION_ALIVE_NO_DATA;
    int64_t evidence_ns = no_data              ? site->data_ns
                          : device->is_gateway ? site->heard_ns
                                               : site->field_ns;
    if (evidence_ns > device->lapsed_ns)
        return true;
    if (device->is_gateway)
        return !device->goodbye && evidence_ns > device->lapsed_ns - margin_of(device);
    if ((no_data ? site->n_data : site->n_field) <= 1)
        return true; /* there are no others to compare with */
    return evidence_ns > device->lapsed_ns - margin_of(device) &&
           site->n_lapses <= MAX_TOLD_WITHOUT_LIFE;
}

/* Looks again when the excuse is over, and now and then, for it may end before. */
static int64_t excused_until(const struct device *device, int64_t until_ns, int64_t now_ns)
{
    int64_t soon_ns = now_ns + device->class_ns;
    return until_ns < soon_ns ? until_ns : soon_ns;
}

/* Tells of a lapsed device, or looks again later. */
static void tell(struct fold *fold, struct site *site, struct device *device)
{
    bool silent = device->connection == CONNECTION_SILENT;
    if (device->connection == CONNECTION_ALIVE_NO_DATA)
        arm(fold, device, silent_at(device));
    if (!device_supervised(device))
        return;
    site_judge(fold, site);
    if (device->lapsed_ns == 0)
        return;
    if (site_folds(fold)) {
        if (site->outage)
            return;
        if (!others_live(site, device)) {
            int64_t waited_ns = fold->now_ns - device->lapsed_ns;
            arm(fold, device, fold->now_ns + later(waited_ns, SUPERVISION_CONFIRM_NS));
            return;
        }
    }
    const char *condition = silent ? CONDITION_DEVICE_SILENT : CONDITION_ALIVE_NO_DATA;
    int64_t until_ns;
    if (gate_excuses(fold, ruleset_builtin(fold->rules, condition), site, device, &until_ns))
        arm(fold, device, excused_until(device, until_ns, fold->now_ns));
    else
        raise_device(fold, site, device, condition);
}

static void lapse(struct fold *fold, struct site *site, struct device *device,
                  uint32_t connection)
{
    if (connection == CONNECTION_SILENT && !device_supervised(device))
        connection = CONNECTION_UNKNOWN; /* nobody said that it would go on speaking */
    if (device->connection == CONNECTION_ALIVE_NO_DATA)
        clear_device(fold, site, device, CONDITION_ALIVE_NO_DATA, note_text(NOTE_SILENT));
    device->lapsed_ns = fold->now_ns;
    device_connect(&fold->registry, device, connection);
    site->n_lapses++;
    if (device->is_gateway && connection == CONNECTION_SILENT)
        site_lost_gateway(fold, site, device->goodbye, margin_of(device));
}

void supervision_due_device(struct fold *fold, struct device *device)
{
    if (device->retired || fold->registry.deaf)
        return;
    struct site *site = site_of(fold, device);
    bool silent = device->connection == CONNECTION_SILENT;
    if (!silent && fold->now_ns >= silent_at(device)) {
        if (device->lapsed_ns == 0 || device->connection == CONNECTION_ALIVE_NO_DATA)
            lapse(fold, site, device, CONNECTION_SILENT);
    } else if (device->lapsed_ns == 0 && fold->now_ns >= no_data_at(device)) {
        lapse(fold, site, device, CONNECTION_ALIVE_NO_DATA);
    }
    if (device->lapsed_ns)
        tell(fold, site, device);
    else
        arm(fold, device, next_check(device));
}

/* ---- hearing ---- */

/* It was anything but online. */
static void device_back(struct fold *fold, struct site *site, struct device *device,
                        bool is_data)
{
    bool no_data = device->connection == CONNECTION_ALIVE_NO_DATA;
    uint32_t alive = series_clock_fault(device) ? CONNECTION_CLOCK_FAULT : CONNECTION_ONLINE;
    if (device->retired || device->connection == alive)
        return;
    if (no_data && !is_data)
        return;
    if (!is_data)
        device->supervised_from_ns = fold->now_ns; /* its data get three classes again */
    device->lapsed_ns = 0;
    device->goodbye = false;
    device_connect(&fold->registry, device, alive);
    clear_device(fold, site, device, CONDITION_DEVICE_SILENT, note_text(NOTE_HEARD));
    clear_device(fold, site, device, CONDITION_ALIVE_NO_DATA, note_text(NOTE_HEARD));
}

void supervision_heard(struct fold *fold, struct site *site, struct device *device,
                       bool is_data)
{
    if (fold->registry.deaf)
        supervision_link(fold, true);
    bool is_first_data = is_data && device->data_ns == 0;
    site->heard_ns = device->heard_ns = fold->now_ns;
    if (is_data)
        device->data_ns = fold->now_ns;
    if (!device->is_gateway) {
        site->field_ns = fold->now_ns;
        site->n_lapses = 0;
        if (is_data)
            site->data_ns = fold->now_ns;
    }
    if (device->connection != CONNECTION_ONLINE)
        device_back(fold, site, device, is_data);
    if (is_first_data)
        site_survey(site); /* it may be one that sends data by itself */
    if (site->connection != CONNECTION_ONLINE)
        site_back(fold, site);
    if (device->timer.armed_ns == 0)
        arm(fold, device, next_check(device));
    if (site->timer.armed_ns == 0)
        site_arm(fold, site);
}

/* ---- status ---- */

static bool lives(const struct device *device)
{
    return device->connection == CONNECTION_ONLINE ||
           device->connection == CONNECTION_CLOCK_FAULT;
}

static void set_class(struct fold *fold, struct site *site, struct device *device,
                      int64_t class_ns)
{
    if (device->class_said && device->class_ns == class_ns)
        return;
    device->class_ns = class_ns;
    device->class_said = true;
    site_survey(site);
    if (fold->registry.deaf)
        return;
    arm(fold, device, later(next_check(device), fold->now_ns));
    site_arm(fold, site);
}

static void said_goodbye(struct fold *fold, struct site *site, struct device *device,
                         bool retained)
{
    /* A retained will that was delivered again says nothing about a device we hear. */
    if (device->retired || (retained && lives(device)))
        return;
    device->goodbye = true;
    if (device->connection == CONNECTION_SILENT)
        return;
    lapse(fold, site, device, CONNECTION_SILENT);
    tell(fold, site, device);
}

enum cw_refusal supervision_status(struct fold *fold, struct site *site, struct device *device,
                                   const struct cw_doc *doc, bool retained,
                                   struct cw_error *err)
{
    const struct cw_node *root = document_object(doc);
    if (!root) {
        err_set(err, 0, "A status is an object such as {\"online\":true,\"class\":\"90s\"}.");
        return CW_REFUSED_SHAPE;
    }
    bool online = true;
    int64_t class_ns = 0, ts_ns;
    if (document_bool(doc, root, "online", &online, err) == -EINVAL ||
        document_time(doc, root, "ts", &ts_ns, err) == -EINVAL ||
        document_duration(doc, root, "class", &class_ns, err) == -EINVAL)
        return CW_REFUSED_EVENT;
    bool has_class = document_member(doc, root, "class") != NULL;
    if (has_class && (class_ns < MIN_CLASS_NS || class_ns > MAX_CLASS_NS)) {
        err_set(err, 0, "The member \"class\" must lie between 1s and 31d.");
        return CW_REFUSED_EVENT;
    }
    device->online_said = online;
    if (has_class)
        set_class(fold, site, device, class_ns);
    if (!online)
        said_goodbye(fold, site, device, retained);
    else if (!retained)
        supervision_heard(fold, site, device, false);
    return CW_ACCEPTED;
}

/* ---- our own links ---- */

static void go_deaf(struct fold *fold)
{
    struct registry *registry = &fold->registry;
    registry->deaf = true;
    for (uint32_t i = 0; i < registry->n_devices; i++)
        if (registry->device[i] && lives(registry->device[i]))
            device_connect(registry, registry->device[i], CONNECTION_UNKNOWN);
    for (uint32_t i = 0; i < registry->n_sites; i++)
        if (registry->site[i]->connection == CONNECTION_ONLINE)
            registry->site[i]->connection = CONNECTION_UNKNOWN;
}

static void hear_again(struct fold *fold)
{
    struct registry *registry = &fold->registry;
    int64_t from_ns = fold->now_ns + SUPERVISION_DRAIN_NS;
    registry->deaf = false;
    for (uint32_t i = 0; i < registry->n_sites; i++) {
        struct site *site = registry->site[i];
        site->supervised_from_ns = from_ns;
        for (struct device *it = site->first_device; it; it = it->next_of_site) {
            it->supervised_from_ns = from_ns;
            if (!it->retired)
                arm(fold, it, next_check(it));
        }
        site_arm(fold, site);
    }
}

void supervision_link(struct fold *fold, bool up)
{
    fold->linked = up;
    if (!up && !fold->registry.deaf)
        go_deaf(fold);
    else if (up && fold->registry.deaf)
        hear_again(fold);
}

void supervision_boot(struct fold *fold)
{
    supervision_link(fold, false);
}

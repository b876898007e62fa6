/*
 * sim_city.h - three sites with sensors, desks and beds, the network between them and the
 * broker, and a person who acknowledges. What the world does, true or not, is decided here.
 *
 * Messages are late, twice, out of order, or (telemetry) lost; a cut site keeps its own for up
 * to three days and then sends all, not quite in order; sensors have wrong clocks, stop, and
 * leave the roster; desks, whose calls are counted, have right ones.
 */
#ifndef TESTS_FAULTS_SIM_CITY_H
#define TESTS_FAULTS_SIM_CITY_H

#include "faults/sim_check.h"

/* ---- network ---- */

static inline void sim_arrive(struct sim *sim, struct sim_message *message, int64_t in_ns)
{
    struct sim_event event = {sim->now_ns + in_ns, 0, SIM_ARRIVE, 0, 0, message};
    sim_plan_event(sim, event);
}

static inline void sim_send(struct sim *sim, uint32_t site, const struct sim_message *message)
{
    struct sim_site *from = &sim->site[site];
    bool telemetry = strstr(message->topic, "/telemetry") != NULL;
    if (telemetry && sim_chance(sim, 0.005))
        return;
    if (from->cut) {
        sim_queue_add(&from->held, sim_copy(message));
        return;
    }
    int64_t most_ns = sim_chance(sim, 0.02) ? 20 * NS_PER_S : NS_PER_S;
    sim_arrive(sim, sim_copy(message), sim_between(sim, NS_PER_S / 20, most_ns));
    if (sim_chance(sim, 0.01)) /* the gateway heard no answer and says it again */
        sim_arrive(sim, sim_copy(message), sim_between(sim, NS_PER_S, SIM_HOUR));
}

__attribute__((format(printf, 4, 5))) static inline void
sim_say(struct sim *sim, uint32_t site, const char *device_kind, const char *fmt, ...)
{
    struct sim_message message = {.flags = RECORD_QOS1};
    va_list ap;
    (void)snprintf(message.topic, sizeof(message.topic), "care/v1/%s/%s", sim->site[site].id,
                   device_kind);
    va_start(ap, fmt);
    (void)vsnprintf(message.payload, sizeof(message.payload), fmt, ap);
    va_end(ap);
    if (strstr(device_kind, "roster") || strstr(device_kind, "status"))
        message.flags |= sim_chance(sim, 0.5) ? RECORD_RETAIN : 0;
    sim_send(sim, site, &message);
}

static inline void sim_cut(struct sim *sim, uint32_t site)
{
    if (sim->site[site].cut)
        return;
    int64_t hours = sim_chance(sim, 0.2) ? 72 : 3;
    sim_say(sim, site, "gw/status", "{\"online\":false}"); /* the last will */
    sim->site[site].cut = true;
    sim_plan(sim, sim_between(sim, SIM_MINUTE, hours * SIM_HOUR), SIM_MEND, site, 0);
}

static inline void sim_mend(struct sim *sim, uint32_t number)
{
    struct sim_site *site = &sim->site[number];
    struct sim_queue held = site->held;
    site->held = (struct sim_queue){0};
    site->cut = false;
    sim_say(sim, number, "gw/status", "{\"online\":true,\"class\":\"1h\"}");
    for (uint32_t i = 0; i < held.n; i++)
        sim_arrive(sim, held.item[i],
                   (int64_t)i * NS_PER_S / 20 + sim_between(sim, 0, NS_PER_S));
    free(held.item);
}

/* ---- sensors ---- */

static inline void sim_beat(struct sim *sim, uint32_t number)
{
    struct sim_sensor *sensor = &sim->sensor[number];
    char topic[40];
    sim_plan(sim, sim_between(sim, 14 * SIM_MINUTE, 16 * SIM_MINUTE), SIM_BEAT, number, 0);
    if (sim_chance(sim, 0.01))
        sensor->stopped = !sensor->stopped;
    if (sensor->stopped && sim_chance(sim, 0.9))
        return;
    sensor->spo2 += (double)sim_below(sim, 5) - 2;
    sensor->spo2 = sensor->spo2 < 84 ? 84 : sensor->spo2 > 99 ? 99 : sensor->spo2;
    (void)snprintf(topic, sizeof(topic), "%s/telemetry", sensor->id);
    if (sim_chance(sim, 0.002)) {
        sim_say(sim, sensor->site, topic, "{broken");
        return;
    }
    long long ts = (long long)((sim->now_ns + sensor->clock_off_ns) / NS_PER_MS);
    uint32_t hr = 60 + sim_below(sim, 65);
    const char *smoke = sim_chance(sim, 0.002) ? "true" : "false";
    sim_say(sim, sensor->site, topic,
            "[{\"ts\":%lld,\"spo2\":%.0f,\"hr\":%u},{\"ts\":%lld,\"spo2\":%.0f,\"smoke\":%s}]",
            ts - 20000, sensor->spo2, hr, ts, sensor->spo2, smoke);
}

static inline void sim_wrong_clock(struct sim *sim)
{
    static const int64_t off_ns[] = {
        0, 0, 0, 4 * SIM_MINUTE, -4 * SIM_MINUTE, SIM_HOUR, -SIM_HOUR, -SIM_START};
    struct sim_sensor *sensor = &sim->sensor[sim_below(sim, SIM_SITES * SIM_SENSORS)];
    sensor->clock_off_ns = off_ns[sim_below(sim, sizeof(off_ns) / sizeof(off_ns[0]))];
}

static inline void sim_roster(struct sim *sim, uint32_t site)
{
    struct buf text;
    buf_init(&text, 300);
    buf_add_text(&text,
                 "{\"devices\":[{\"device\":\"gw\",\"kind\":\"gateway\",\"class\":\"1h\"}");
    for (uint32_t i = 0; i < SIM_SITES * SIM_SENSORS; i++) {
        struct sim_sensor *sensor = &sim->sensor[i];
        if (sensor->site != site)
            continue;
        sensor->listed = !sim_chance(sim, 0.05);
        if (sensor->listed)
            buf_printf(&text, ",{\"device\":\"%s\",\"bed\":\"b%u\",\"class\":\"%s\"}",
                       sensor->id, i % SIM_BEDS, sim_chance(sim, 0.1) ? "2h" : "1h");
    }
    buf_add_text(&text, "]}");
    sim_say(sim, site, "gw/roster", "%s", buf_text(&text));
    buf_done(&text);
    sim_plan(sim, sim_between(sim, SIM_HOUR, 2 * SIM_DAY), SIM_ROSTER, site, 0);
}

/* ---- calls, visits ---- */

static inline void sim_press(struct sim *sim, uint32_t site)
{
    uint32_t number = sim->n_presses;
    sim_plan(sim, sim_between(sim, SIM_MINUTE, 2 * SIM_HOUR), SIM_PRESS, site, 0);
    if (number == SIM_MAX_PRESSES)
        return;
    struct sim_press *press = &sim->press[sim->n_presses++];
    *press = (struct sim_press){.site = site, .bed = sim_below(sim, SIM_BEDS)};
    press->pressed_ns = sim->now_ns;
    sim_say(sim, site, "desk/event",
            "{\"id\":\"p%u\",\"ts\":%lld,\"type\":\"call.pressed\",\"bed\":\"b%u\"}", number,
            (long long)(sim->now_ns / NS_PER_MS), press->bed);
    if (sim_chance(sim, 0.9))
        sim_plan(sim, sim_between(sim, NS_PER_S, 20 * SIM_MINUTE), SIM_ANSWER, site, number);
}

static inline void sim_answer(struct sim *sim, uint32_t number)
{
    struct sim_press *press = &sim->press[number];
    press->answered_ns = sim->now_ns;
    sim_say(sim, press->site, "desk/event",
            "{\"id\":\"a%u\",\"ts\":%lld,\"type\":\"call.answered\",\"bed\":\"b%u\"}", number,
            (long long)(sim->now_ns / NS_PER_MS), press->bed);
}

/* Planned now; its check-in and check-out are late, early or never, and may come in any order
 * because the network says so. */
static inline void sim_visit(struct sim *sim, uint32_t site, int64_t step)
{
    static const char *const type[] = {"visit.planned", "visit.checkin", "visit.checkout"};
    uint32_t number = (uint32_t)(step / 3), part = (uint32_t)(step % 3);
    char times[96] = "";
    long long ts = (long long)(sim->now_ns / NS_PER_MS);
    if (part == 0) {
        sim_plan(sim, sim_between(sim, SIM_HOUR, 8 * SIM_HOUR), SIM_VISIT, site,
                 3 * (int64_t)++sim->n_visits);
        (void)snprintf(times, sizeof(times),
                       ",\"service\":\"bath\",\"start\":%lld,\"end\":%lld", ts + 3600000,
                       ts + 7200000);
    }
    sim_say(sim, site, "desk/event",
            "{\"id\":\"v%lld\",\"ts\":%lld,\"type\":\"%s\",\"visit\":\"v%u\"%s}",
            (long long)step, ts, type[part], number, times);
    if (part < 2 && !sim_chance(sim, 0.1))
        sim_plan(sim, sim_between(sim, SIM_HOUR / 2, 2 * SIM_HOUR + SIM_HOUR / 2), SIM_VISIT,
                 site, step + 1);
}

/* ---- a person ---- */

static inline void sim_command(struct sim *sim, const char *name, const char *json)
{
    struct record record = {
        .kind = RECORD_COMMAND, .topic = str_of(name), .payload = str_of(json)};
    sim->check->command_waits = true;
    sim_append(sim, record, true);
}

/* A whole site, or one sensor of it; begun anew it ends earlier or later. */
static inline void sim_maintain(struct sim *sim)
{
    struct sim_check *check = sim->check;
    struct sim_sensor *sensor = &sim->sensor[sim_below(sim, SIM_SITES * SIM_SENSORS)];
    struct sim_site *site = &sim->site[sensor->site];
    bool whole = sim_chance(sim, 0.3);
    uint32_t minutes = 1 + sim_below(sim, 180);
    char json[160];
    if (!registry_site(&engine_fold(sim->engine)->registry, str_of(site->id)))
        return;
    (void)snprintf(json, sizeof(json),
                   "{\"site\":\"%s\",\"device\":\"%s\",\"for\":\"%um\",\"by\":\"seat1\"}",
                   site->id, sensor->id, minutes);
    if (whole)
        (void)snprintf(json, sizeof(json), "{\"site\":\"%s\",\"for\":\"%um\",\"by\":\"seat1\"}",
                       site->id, minutes);
    check->command = NULL;
    check->window_ns = whole ? &site->maintained_ns : &sensor->maintained_ns;
    check->window_for_ns = minutes * SIM_MINUTE;
    sim_command(sim, "maintain", json);
}

/* Mostly to acknowledge one; also all else that can be done, at a wrong time, too. */
static inline void sim_order(struct sim *sim)
{
    struct sim_check *check = sim->check;
    const struct sim_known *known, *chosen = NULL;
    uint32_t n = 0;
    char json[240];
    sim_plan(sim, sim_between(sim, SIM_MINUTE, SIM_HOUR), SIM_ORDER, 0, 0);
    for (uint32_t i = 0; (known = map_next(&check->open, &i, NULL));) {
        if (sim_below(sim, ++n) == 0)
            chosen = known;
    }
    if (!chosen || !sim->alive)
        return;
    if (sim_chance(sim, 0.05)) {
        sim_maintain(sim);
        return;
    }
    uint32_t which = sim_chance(sim, 0.5) ? 0 : sim_below(sim, SIM_ORDERS);
    uint32_t rev = chosen->rev - (chosen->rev > 1 && sim_chance(sim, 0.1));
    (void)snprintf(
        json, sizeof(json),
        "{\"alarm\":\"%s\",\"rev\":%u,\"by\":\"seat1\",\"note\":\"n\",\"to\":\"120\","
        "\"assignee\":\"li\",\"answerer\":\"7\",\"cause\":\"handled\",\"for\":\"%um\"}",
        chosen->id, rev, 1 + sim_below(sim, 480));
    check->command = &sim_orders[which];
    check->command_rev = rev;
    memcpy(check->command_alarm, chosen->id, sizeof(chosen->id));
    sim_command(sim, check->command->name, json);
}

static inline void sim_city_begin(struct sim *sim)
{
    static const char *const id[SIM_SITES] = {"s1", "s-2", "s-3"};
    for (uint32_t i = 0; i < SIM_SITES; i++) {
        (void)snprintf(sim->site[i].id, sizeof(sim->site[i].id), "%s", id[i]);
        sim_plan(sim, sim_between(sim, 0, SIM_MINUTE), SIM_ROSTER, i, 0);
        sim_plan(sim, sim_between(sim, SIM_MINUTE, SIM_HOUR), SIM_PRESS, i, 0);
        sim_plan(sim, sim_between(sim, SIM_MINUTE, SIM_HOUR), SIM_VISIT, i,
                 3 * (int64_t)++sim->n_visits);
    }
    for (uint32_t i = 0; i < SIM_SITES * SIM_SENSORS; i++) {
        struct sim_sensor *sensor = &sim->sensor[i];
        *sensor = (struct sim_sensor){.site = i % SIM_SITES, .spo2 = 96};
        (void)snprintf(sensor->id, sizeof(sensor->id), "bed-%u", i);
        sim_plan(sim, sim_between(sim, 0, 15 * SIM_MINUTE), SIM_BEAT, i, 0);
    }
    sim_plan(sim, SIM_MINUTE, SIM_ORDER, 0, 0);
}

#endif

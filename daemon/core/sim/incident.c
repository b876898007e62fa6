/*
 * incident.c - what goes wrong, where and when, and the truth about it.
 *
 * A wave is each kind once. The site that loses its gateway (the last institution) has no
 * other incident, and a device has one at a time, so each alarm has one cause.
 */
#include "base/json_out.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/sim/city_private.h"

#define WAVE_MS (300 * SECOND_MS)
#define DAY_MS (24 * 3600 * SECOND_MS)
#define SLACK_MS (2 * SECOND_MS)
#define TARGET_SITE N_DEVICE_KINDS /* no device of it */

static const struct {
    const char *name, *rule;
    int target; /* enum sim_device_kind, or TARGET_SITE */
    int64_t offset_ms, length_ms;
    bool critical, decoy;
} kinds[N_INCIDENT_KINDS] = {
    [INCIDENT_VISIT_MISSED] = {"visit_missed", "visit-missed", DEVICE_GATEWAY, 1000, 40000,
                               true, false},
    [INCIDENT_DESATURATION] = {"desaturation", "spo2-low", DEVICE_WRISTBAND, 2000, 60000, true,
                               false},
    [INCIDENT_VISIT_HEALED] = {"visit_healed", "visit-missed", DEVICE_GATEWAY, 8000, 40000,
                               false, true},
    [INCIDENT_SPO2_SPIKE] = {"spo2_spike", "spo2-low", DEVICE_WRISTBAND, 12000, 0, false, true},
    [INCIDENT_CALL_UNANSWERED] = {"call_unanswered", "help-call", DEVICE_BUTTON, 25000, 60000,
                                  true, false},
    [INCIDENT_FEVER] = {"fever", "temp-high", DEVICE_WRISTBAND, 35000, 180000, false, false},
    [INCIDENT_GATEWAY_LOSS] = {"gateway_loss", "site-silent", TARGET_SITE, 45000, 150000, true,
                               false},
    [INCIDENT_FALL] = {"fall", "fall", DEVICE_WRISTBAND, 70000, 0, true, false},
    [INCIDENT_DROPOUT] = {"sensor_dropout", "device-silent", DEVICE_ROOM, 80000, 0, false,
                          false},
    [INCIDENT_CALL_ANSWERED] = {"call_answered", "help-call", DEVICE_BUTTON, 95000, 8000, true,
                                false},
    [INCIDENT_SMOKE] = {"smoke", "smoke", DEVICE_SMOKE, 110000, 60000, true, false},
};

const struct sim_incident *incident_at(const struct city *city, const struct sim_device *device,
                                       enum incident_kind kind, int64_t at_ms)
{
    for (uint32_t i = device->first_incident; i != NOBODY; i = city->incident[i].next) {
        const struct sim_incident *incident = &city->incident[i];
        if (incident->kind == kind && at_ms >= incident->t0_ms && at_ms < incident->t1_ms)
            return incident;
    }
    return NULL;
}

bool incident_silences(const struct city *city, const struct sim_stream *stream, int64_t at_ms)
{
    uint32_t i = city->site[stream->site].first_incident;

    for (; i != NOBODY; i = city->incident[i].next) {
        if (at_ms >= city->incident[i].t0_ms && at_ms < city->incident[i].t1_ms)
            return true;
    }
    return incident_at(city, &city->device[stream->device], INCIDENT_DROPOUT, at_ms) != NULL;
}

/* ---- where ---- */

static uint32_t last_institution(const struct city *city)
{
    uint32_t found = NOBODY;

    for (uint32_t s = 0; s < city->n_sites; s++) {
        if (city->site[s].kind == SIM_INSTITUTION)
            found = s;
    }
    return city->n_sites > 1 ? found : NOBODY;
}

static bool fits(const struct city *city, const struct sim_device *device, int target,
                 uint32_t loss_site, uint32_t wave)
{
    const struct sim_site *site = &city->site[device->site];

    if ((int)device->kind != target || device->site == loss_site)
        return false;
    if (device->kind == DEVICE_GATEWAY && site->kind == SIM_INSTITUTION && city->n_sites > 1)
        return false; /* visits are at homes and stations */
    return device->busy_wave == 0 || device->busy_wave + 1 < wave;
}

static uint32_t pick_device(struct city *city, enum incident_kind kind, uint32_t loss_site,
                            uint32_t wave)
{
    struct draw_key key = {city->options.seed, NOBODY, kind, CHANNEL_INCIDENT};
    uint64_t n = 0;

    for (uint32_t d = 0; d < city->n_devices; d++)
        n += fits(city, &city->device[d], kinds[kind].target, loss_site, wave);
    if (n == 0)
        return NOBODY;
    uint64_t chosen = draw(key, wave) % n;
    for (uint32_t d = 0; d < city->n_devices; d++) {
        if (!fits(city, &city->device[d], kinds[kind].target, loss_site, wave))
            continue;
        if (chosen-- == 0)
            return d;
    }
    return NOBODY;
}

/* ---- when it can be seen ---- */

static const struct sim_stream *first_stream(const struct city *city,
                                             const struct sim_incident *incident)
{
    return &city->stream[city->device[incident->device].stream[0]];
}

/* From its first sample on. */
static void see_in_samples(const struct city *city, struct sim_incident *incident,
                           int64_t for_ms)
{
    const struct sim_stream *stream = first_stream(city, incident);
    uint64_t tick = stream_tick_from(city, stream, incident->t0_ms);

    if (incident->t1_ms < incident->t0_ms + 6 * stream->interval_ms)
        incident->t1_ms = incident->t0_ms + 6 * stream->interval_ms;
    incident->detectable_ms = stream_time(city, stream, tick);
    incident->deadline_ms =
        incident->detectable_ms + for_ms + 2 * stream->interval_ms + SLACK_MS;
}

/* Exactly one sample. */
static void see_in_one_sample(const struct city *city, struct sim_incident *incident)
{
    const struct sim_stream *stream = first_stream(city, incident);
    uint64_t tick = stream_tick_from(city, stream, incident->t0_ms);

    incident->t0_ms = incident->detectable_ms = stream_time(city, stream, tick);
    incident->t1_ms = stream_time(city, stream, tick + 1);
    incident->deadline_ms = incident->t0_ms + 10 * SECOND_MS;
}

/* `incident` is linked already: its values are what the wristband shows. */
static void see_desaturation(const struct city *city, struct sim_incident *incident)
{
    const struct sim_stream *stream = first_stream(city, incident);
    uint64_t tick = stream_tick_from(city, stream, incident->t0_ms);
    int64_t at_ms = stream_time(city, stream, tick);

    see_in_samples(city, incident, SPO2_FOR_MS);
    while (at_ms < incident->t1_ms && band_spo2(city, stream, tick, at_ms) >= 90)
        at_ms = stream_time(city, stream, ++tick);
    incident->deadline_ms += at_ms - incident->detectable_ms;
    incident->detectable_ms = at_ms;
}

static void see(const struct city *city, struct sim_incident *incident)
{
    int64_t class_ms = device_class_ms(city, &city->device[incident->device]);

    incident->detectable_ms = incident->t0_ms;
    incident->deadline_ms = incident->t0_ms + 5 * SECOND_MS;
    switch (incident->kind) {
    case INCIDENT_VISIT_MISSED:
    case INCIDENT_VISIT_HEALED:
        incident->detectable_ms = incident->t0_ms + VISIT_MISSED_MS;
        incident->deadline_ms = incident->detectable_ms + 5 * SECOND_MS;
        break;
    case INCIDENT_DESATURATION:
        see_desaturation(city, incident);
        break;
    case INCIDENT_FEVER:
        see_in_samples(city, incident, FEVER_FOR_MS);
        break;
    case INCIDENT_SMOKE:
        see_in_samples(city, incident, 0);
        break;
    case INCIDENT_SPO2_SPIKE:
    case INCIDENT_FALL:
        see_in_one_sample(city, incident);
        break;
    case INCIDENT_GATEWAY_LOSS:
        incident->deadline_ms = incident->t0_ms + CLASS_MS + 10 * SECOND_MS;
        break;
    case INCIDENT_DROPOUT:
        incident->t1_ms = incident->t0_ms + class_ms + 60 * SECOND_MS;
        incident->detectable_ms = incident->t0_ms + class_ms;
        incident->deadline_ms = incident->detectable_ms + class_ms / 3 + 10 * SECOND_MS;
        break;
    case INCIDENT_CALL_UNANSWERED:
    case INCIDENT_CALL_ANSWERED:
    case N_INCIDENT_KINDS:
        break;
    }
}

/* ---- building ---- */

static struct sim_incident *new_incident(struct city *city)
{
    if (city->n_incidents == city->cap_incidents) {
        city->cap_incidents = city->cap_incidents ? 2 * city->cap_incidents : 64;
        city->incident =
            xrealloc(city->incident, city->cap_incidents * sizeof(*city->incident));
    }
    return &city->incident[city->n_incidents];
}

static void link_incident(struct city *city, uint32_t i)
{
    struct sim_incident *incident = &city->incident[i];
    uint32_t *first = incident->kind == INCIDENT_GATEWAY_LOSS
                          ? &city->site[incident->site].first_incident
                          : &city->device[incident->device].first_incident;

    incident->next = *first;
    *first = i;
}

static void add_event_stream(struct city *city, uint32_t i)
{
    struct sim_stream stream = {
        .site = city->incident[i].site,
        .device = city->incident[i].device,
        .incident = i,
        .channel = CHANNEL_INCIDENT,
    };

    if (incident_event_time(city, &city->incident[i], 0) != INT64_MAX)
        (void)layout_add_stream(city, &stream);
}

static void place_incident(struct city *city, const struct sim_incident *planned)
{
    *new_incident(city) = *planned;
    link_incident(city, city->n_incidents);
    see(city, &city->incident[city->n_incidents]);
    add_event_stream(city, city->n_incidents++);
}

static void add_incident(struct city *city, enum incident_kind kind, uint32_t wave,
                         uint32_t loss_site, uint32_t number)
{
    bool is_loss = kinds[kind].target == TARGET_SITE;
    uint32_t device = NOBODY;

    if (!is_loss)
        device = pick_device(city, kind, loss_site, wave);
    else if (loss_site != NOBODY)
        device = city->site[loss_site].first_device;
    if (device == NOBODY)
        return;
    city->device[device].busy_wave = wave;
    if (number < 64 && (city->options.without >> number & 1))
        return;
    struct sim_incident planned = {
        .kind = kind,
        .site = city->device[device].site,
        .device = device,
        .number = number,
        .t0_ms = (int64_t)(wave - 1) * WAVE_MS + kinds[kind].offset_ms,
    };
    planned.t1_ms = planned.t0_ms + kinds[kind].length_ms;
    place_incident(city, &planned);
}

/* ---- a scenario ---- */

const char *city_incident_kind(uint32_t i)
{
    return i < N_INCIDENT_KINDS ? kinds[i].name : NULL;
}

uint32_t city_script_refused(const struct city *city)
{
    return city->script_refused;
}

static bool is_meant(const struct city *city, const struct city_scripted *scripted,
                     enum incident_kind kind, const struct sim_device *device)
{
    struct cw_str site = str_of(city->site[device->site].id);

    if (scripted->site[0] && !str_is(site, scripted->site))
        return false;
    if (kinds[kind].target == TARGET_SITE)
        return true; /* the first device of a site stands for it */
    if ((int)device->kind != kinds[kind].target)
        return false;
    return !scripted->device[0] || str_is(str_of(device->id), scripted->device);
}

static bool add_scripted(struct city *city, const struct city_scripted *scripted,
                         uint32_t number)
{
    int kind = 0;
    uint32_t d = 0;

    while (kind < N_INCIDENT_KINDS && !str_is(str_of(kinds[kind].name), scripted->kind))
        kind++;
    while (kind < N_INCIDENT_KINDS && d < city->n_devices &&
           !is_meant(city, scripted, (enum incident_kind)kind, &city->device[d]))
        d++;
    if (kind == N_INCIDENT_KINDS || d == city->n_devices)
        return false;
    struct sim_incident planned = {
        .kind = (enum incident_kind)kind,
        .site = city->device[d].site,
        .device = d,
        .number = number,
        .t0_ms = scripted->t0_ms,
    };
    int64_t length_ms = scripted->length_ms ? scripted->length_ms : kinds[kind].length_ms;
    planned.t1_ms = planned.t0_ms + length_ms;
    place_incident(city, &planned);
    return true;
}

static void play_script(struct city *city)
{
    const struct city_options *options = &city->options;

    for (uint32_t i = 0; i < options->n_script; i++) {
        if (!add_scripted(city, &options->script[i], i)) {
            city->script_refused = i;
            return;
        }
    }
    city->script_refused = options->n_script;
}

void incidents_build(struct city *city)
{
    int64_t end_ms =
        city->options.end_ms ? city->options.end_ms - city->options.start_ms : DAY_MS;
    uint32_t loss_site = last_institution(city), number = 0;

    if (city->options.script) {
        play_script(city);
        return;
    }
    if (city->options.incidents == CITY_QUIET)
        return;
    for (uint32_t wave = 1; (int64_t)(wave - 1) * WAVE_MS < end_ms; wave++) {
        for (int kind = 0; kind < N_INCIDENT_KINDS; kind++)
            add_incident(city, (enum incident_kind)kind, wave, loss_site, number++);
        if (city->options.incidents == CITY_DEMO)
            break;
    }
}

/* ---- truth ---- */

static void truth_of(const struct city *city, const struct sim_incident *incident,
                     struct json_out *out)
{
    const struct sim_device *device = &city->device[incident->device];
    bool of_site = kinds[incident->kind].target == TARGET_SITE;

    json_object(out);
    json_member_int(out, "number", incident->number);
    json_member_text(out, "kind", str_of(kinds[incident->kind].name));
    json_member_text(out, "site", str_of(city->site[incident->site].id));
    if (!of_site && device->kind != DEVICE_GATEWAY)
        json_member_text(out, "device", str_of(device->id));
    json_member_opt(out, "bed", str_of(device->bed));
    json_member_int(out, "t0_ms", since_epoch_ms(city, incident->t0_ms));
    json_member_int(out, "t1_ms", since_epoch_ms(city, incident->t1_ms));
    json_member_int(out, "t_detectable_ms", since_epoch_ms(city, incident->detectable_ms));
    json_member_int(out, "deadline_ms", since_epoch_ms(city, incident->deadline_ms));
    json_member_text(out, "rule", str_of(kinds[incident->kind].rule));
    json_member_bool(out, "critical", kinds[incident->kind].critical);
    json_object_end(out);
}

static void truth_list(const struct city *city, const char *key, bool decoys,
                       struct json_out *out)
{
    json_key(out, key);
    json_array(out);
    for (uint32_t i = 0; i < city->n_incidents; i++) {
        if (kinds[city->incident[i].kind].decoy == decoys)
            truth_of(city, &city->incident[i], out);
    }
    json_array_end(out);
}

void city_truth(const struct city *city, struct buf *buf)
{
    struct json_out out;

    json_out_init(&out, buf);
    json_object(&out);
    json_member_int(&out, "seed", (int64_t)city->options.seed);
    json_member_int(&out, "sites", city->n_sites);
    json_member_int(&out, "devices", city->n_devices);
    json_member_int(&out, "start_ms", city->options.start_ms);
    truth_list(city, "incidents", false, &out);
    truth_list(city, "decoys", true, &out);
    json_object_end(&out);
}

uint32_t city_n_incidents(const struct city *city)
{
    return city->n_incidents;
}

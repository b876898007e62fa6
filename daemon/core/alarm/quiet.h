/*
 * quiet.h - why nobody is told: maintenance of a device or a site, an outage that explains it,
 * and silences with matchers. Part of the fold.
 *
 *   maintenance   alarms of the device or site are OUT_OF_SERVICE until it ends; bounded,
 *                 listed, and never over calls, smoke, gas or falls
 *   outage        technical alarms of a site's devices are SUPPRESSED while it is cut off
 *   silence       the state stays, but medium and low alarms that match are not told; high
 *                 ones and calls always are
 *
 * Why somebody silenced is in the journal and the store: words stay out of the fold.
 */
#ifndef CORE_ALARM_QUIET_H
#define CORE_ALARM_QUIET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/json_out.h"
#include "base/str.h"
#include "core/alarm/match.h"
#include "core/timers.h"

struct alarm;
struct fold;
struct saver;
struct loader;

#define MAX_WINDOWS 1024u
#define MAX_SILENCES 256u
#define MAX_MATCHERS 8u
#define MAX_SILENCE_NS (INT64_C(7) * 86400 * 1000000000)

struct window {
    char id[HASH_ID_MAX];                      /* of site and device */
    char site[MAX_ID + 1], device[MAX_ID + 1]; /* device "": the whole site */
    char by[MAX_ID + 1];                       /* who began it; "" the site itself */
    int64_t begun_ns, until_ns;
    struct timer timer;
    uint64_t number;
};

struct matcher {
    char name[MAX_ID + 1];
    char value[MAX_PATTERN + 1];
    bool is_pattern, is_equal;
};

struct silence {
    char id[MAX_ID + 1];
    char by[MAX_ID + 1];
    struct matcher matcher[MAX_MATCHERS];
    uint32_t n_matchers;
    int64_t from_ns, until_ns; /* ended: until_ns has passed */
};

struct quiet {
    struct window *window[MAX_WINDOWS]; /* in order of begin */
    uint32_t n_windows;
    uint64_t n_begun;                      /* ever: the next window's number */
    struct silence *silence[MAX_SILENCES]; /* in order of their giving; ended ones a while */
    uint32_t n_silences;
};

void quiet_done(struct quiet *quiet);

/* The state in which an alarm begins, also when its shelf ends: UNACK, SUPPRESSED or
 * OUT_OF_SERVICE. One to which somebody was sent is never put aside. */
uint32_t quiet_state(const struct fold *fold, const struct alarm *alarm);
/* Does a silence keep it from being told? Never a high one, a call, smoke or gas. */
bool quiet_mutes(const struct fold *fold, const struct alarm *alarm);
/* The silence that holds for the alarm, or NULL; whether it mutes hangs on the alarm. */
const struct silence *quiet_silence(const struct fold *fold, const struct alarm *alarm);
/* Is this change not to be told outside? */
bool quiet_change(const struct fold *fold, const struct alarm *alarm, uint32_t change);

/* ---- maintenance ---- */

/* Begins, or moves the end of what began. 0; -EINVAL (not in the future), -E2BIG; with err. An
 * end that is too far away becomes settings.max_maintenance_ns from now. */
int quiet_maintain(struct fold *fold, struct cw_str site, struct cw_str device,
                   int64_t until_ns, struct cw_str by, struct cw_error *err);
/* -ENOENT when there is none. */
int quiet_maintained(struct fold *fold, struct cw_str site, struct cw_str device);
int quiet_maintained_id(struct fold *fold, struct cw_str id, struct cw_error *err);
const struct window *quiet_window(const struct fold *fold, struct cw_str site,
                                  struct cw_str device); /* or NULL */
void quiet_due(struct fold *fold, const struct timer_entry *entry);
/* The site's outage is over: what it explained stands again. */
void quiet_site_back(struct fold *fold, struct cw_str site);

/* ---- silences ---- */

/* Adds a copy, or replaces the one with that id. 0; -EINVAL, -E2BIG with err. */
int quiet_add_silence(struct fold *fold, const struct silence *silence, struct cw_error *err);
/* Ends it now. -ENOENT with err. */
int quiet_expire(struct fold *fold, struct cw_str id, struct cw_error *err);
const struct silence *quiet_find_silence(const struct quiet *quiet, struct cw_str id);
/* Does it match? Labels: alertname, rule, kind, priority, category, risk, site, district,
 * device, resident, bed, id, incident; another one is "". */
bool silence_matches(const struct silence *silence, const struct alarm *alarm);

void quiet_save(const struct quiet *quiet, struct saver *saver);
void quiet_load(struct fold *fold, struct loader *loader);
void window_json(const struct window *window, struct json_out *out);
void silence_json(const struct silence *silence, int64_t now_ns, struct json_out *out);

#endif

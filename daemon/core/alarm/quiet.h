/*
 * quiet.h - why nobody is told: maintenance of a device or a site, an outage that explains it,
 * and silences with matchers. Part of the fold.
 *
 *   maintenance   alarms of the device or site are OUT_OF_SERVICE until it ends; bounded,
 *                 listed, and never over calls, smoke, gas or falls
 *   outage        technical alarms of a site's devices are SUPPRESSED while it is cut off
 *   inhibition    so is what a rule of the configuration has explained (inhibit.h)
 *   silence       the state stays, but medium and low alarms that match are not told; high
 *                 ones and calls always are
 *
 * Why somebody silenced is kept with it, short, until a resident whom it names is erased.
 */
#ifndef CORE_ALARM_QUIET_H
#define CORE_ALARM_QUIET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/json_out.h"
#include "base/str.h"
#include "core/alarm/inhibit.h"
#include "core/alarm/matcher.h"
#include "core/timers.h"

struct alarm;
struct fold;
struct saver;
struct loader;

#define MAX_WINDOWS 1024u
#define MAX_SILENCES 256u
#define MAX_COMMENT 200
#define MAX_SILENCE_NS (INT64_C(7) * 86400 * 1000000000)

struct window {
    char id[HASH_ID_MAX];                      /* of site and device */
    char site[MAX_ID + 1], device[MAX_ID + 1]; /* device "": the whole site */
    char by[MAX_ID + 1];                       /* who began it; "" the site itself */
    int64_t begun_ns, until_ns;
    struct timer timer;
    uint64_t number;
};

struct silence {
    char id[MAX_ID + 1];
    char by[MAX_ID + 1];
    char comment[MAX_COMMENT + 1];
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
    struct timer edge; /* the next begin or end of one, when somebody has to look then */
    struct inhibit_sources sources;
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
/* Sources of these rules (bits) have changed: what they explain, or did, is looked at. */
void quiet_judge_targets(struct fold *fold, uint32_t rules, const char *why);
/* The rules are others. */
void quiet_configure(struct fold *fold);

/* ---- silences ---- */

/* Adds a copy, or replaces the one with that id. 0; -EINVAL, -E2BIG with err. */
int quiet_add_silence(struct fold *fold, const struct silence *silence, struct cw_error *err);
/* Ends it now. -ENOENT with err. */
int quiet_expire(struct fold *fold, struct cw_str id, struct cw_error *err);
/* A resident is erased: comments of these silences (ids by space) go. */
void quiet_forget_comment(struct quiet *quiet, struct cw_str id);
const struct silence *quiet_find_silence(const struct quiet *quiet, struct cw_str id);

void quiet_save(const struct quiet *quiet, struct saver *saver);
void quiet_load(struct fold *fold, struct loader *loader);
void window_json(const struct window *window, struct json_out *out);
void silence_json(const struct silence *silence, int64_t now_ns, struct json_out *out);

#endif

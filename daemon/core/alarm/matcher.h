/*
 * matcher.h - what an alarm is looked for by: its labels, and matchers over them, written as
 * those of an Alertmanager. Silences, inhibition and the v2 API share them. Pure.
 *
 *   site="home-12"   rule!=battery-low   kind=~"fall|call"   priority!~"low"
 *
 * Labels: alertname, rule, kind, priority, severity, category, risk, site, district, device,
 * resident, bed, id, incident; another one is "".
 */
#ifndef CORE_ALARM_MATCHER_H
#define CORE_ALARM_MATCHER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json_out.h"
#include "base/str.h"
#include "core/alarm/match.h"

struct alarm;
struct saver;
struct loader;

#define MAX_MATCHERS 8u

struct matcher {
    char name[MAX_ID + 1];
    char value[MAX_PATTERN + 1];
    bool is_pattern, is_equal;
};

const char *alarm_label(const struct alarm *alarm, const char *name);
bool is_alarm_label(const char *name);
/* One label's value. */
bool matcher_holds(const struct matcher *matcher, struct cw_str value);
/* All of them; none hold for every alarm. */
bool matchers_hold(const struct matcher *matcher, uint32_t n, const struct alarm *alarm);
/* From its text; quotes around the value may be left out. 0, or -EINVAL with err. */
int matcher_parse(struct cw_str text, struct matcher *matcher, struct cw_error *err);
/* Together they are to say something: one that holds for everything is a switch. 0, or -EINVAL
 * with err, also when a pattern is none. */
int matchers_check(const struct matcher *matcher, uint32_t n, struct cw_error *err);

/* [{"name","value","isRegex","isEqual"}] as the value that is due. */
void matchers_json(const struct matcher *matcher, uint32_t n, struct json_out *out);
void matchers_save(const struct matcher *matcher, uint32_t n, struct saver *saver);
/* How many there were; loader->failed tells. */
uint32_t matchers_load(struct matcher matcher[MAX_MATCHERS], struct loader *loader);

#endif

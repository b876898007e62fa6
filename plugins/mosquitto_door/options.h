/*
 * options.h - what the broker's configuration says about a door: plugin_opt_NAME VALUE. A row
 * of the table is an option; conf/mosquitto.conf shows them all and is tested against it.
 */
#ifndef MOSQUITTO_DOOR_OPTIONS_H
#define MOSQUITTO_DOOR_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <carewatch/plugin.h>

struct door_options {
    const char *dir;
    const char *const *topics_events; /* MQTT filters */
    const char *const *topics_data;
    int32_t site_check;
    const char *const *any_site; /* user names that speak for every site */
    int64_t max_payload_bytes;
    int64_t segment_bytes, quota_bytes, reserve_bytes, sync_interval_ns;
};

extern const struct cw_option door_options[];

/* One NAME=VALUE of the broker's configuration; presets are set by the first call's caller
 * with option_presets(). 0 or -EINVAL with a sentence. */
int door_option(struct door_options *options, const char *name, const char *value,
                struct cw_error *err);
/* What no row can say alone: a directory, filters that are filters. 0 or -EINVAL. */
int door_options_check(const struct door_options *options, struct cw_error *err);
/* May this user speak for the site? NULL: nobody has said who he is. */
bool door_user_may(const struct door_options *options, const char *user, struct cw_str site);

#endif

/*
 * config.h - the configuration: libconfig files (its only door), environment and command
 * line into structs by option tables, with every mistake at once.
 *
 *   -p section.key=value  >  CAREWATCH_SECTION_KEY  >  file  >  preset of the table
 *
 * An unknown key is refused with the nearest name; a secret only comes from NAME_file or a
 * systemd credential ($CREDENTIALS_DIRECTORY/section.key).
 */
#ifndef IO_CONFIG_H
#define IO_CONFIG_H

#include "base/buf.h"
#include "core/alarm/pace.h"
#include "core/rules.h"
#include "io/influx.h"
#include "io/merge_reader.h"
#include "io/mqtt.h"

struct journal_section {
    const char *dir;
    int64_t segment_bytes, quota_bytes, reserve_bytes, sync_interval_ns;
    int32_t compress;
};
struct store_section {
    const char *path;
    const char *audit_topic; /* "": the audit's head goes to the log only */
    int64_t attachments_bytes;
    int64_t keep_alarms, keep_visits, keep_trail; /* years; 0 for ever */
};
struct http_section {
    const char *listen;               /* "127.0.0.1:8480", "[::1]:0" */
    const char *auth;                 /* "token" or "none" (loopback only) */
    const char *web_dir;              /* "" : the pages built in */
    const char *cert_file, *key_file; /* TLS; "" plain */
    const char *const *proxy;         /* addresses whose X-Forwarded-* are believed */
    const char *command_rate;         /* "3000/1m": of one person or program */
    struct pace_limit command_limit;  /* of command_rate */
    int64_t max_body_bytes, max_attachment_bytes, max_clients, max_sse_clients,
        sse_backlog_bytes, max_per_address;
};
struct heartbeat_section {
    const char *url; /* "": none */
    int64_t interval_ns, timeout_ns;
};
struct names_section {
    const char *key, *old_key; /* 32 bytes in hexadecimal; NULL: none */
};
struct feed_section {
    const char *key; /* Ed25519, hexadecimal; NULL: not signed */
};
/* Another department or region whose feed is taken in. */
struct partner {
    const char *name, *key;
};
struct map_section {
    const char *outline;  /* "": the schematic built in */
    const char *approval; /* the number under which the map may be shown */
    const char *crs;
    const char *outline_text; /* the file, with the two above; NULL none */
    size_t outline_n;
};
struct log_section {
    const char *level;
};
struct limits_section {
    int64_t snapshot_records, quarantine_entries, turn_ns;
};
struct plugins_section {
    const char *dir;
    const char *const *load;
};
/* An instance of a notifier. */
struct channel {
    const char *name;
    const struct cw_plugin *plugin;
    void *self;
    int64_t timeout_ns, max_backoff_ns, give_up_ns;
    const char *rate; /* "20/1m", "none", or "": the notifier's own */
    int64_t burst;
    struct pace_limit limit; /* of rate and burst */
    const char *resend;      /* "1m", "none", or "": the notifier's own */
    int64_t resend_ns;       /* of resend; 0: never */
    int64_t test_every_ns;   /* a drill is due so often; 0: never */
    int64_t digest;          /* as many or more that wait become one message; 0: never */
};
/* Which alarms are told where: every route that matches adds its channels. */
struct route {
    const char *priority, *category, *site, *district; /* "" all; "high|medium" */
    const char *const *channel;                        /* names */
    const char *const *changes; /* raised, cleared, ...; default raised, repeated, cleared */
};

struct config {
    struct journal_section journal;
    struct mqtt_broker_options *mqtt;
    size_t n_mqtt;
    struct door_place *door;
    size_t n_doors;
    struct influx_options influx;
    struct http_section http;
    struct store_section store;
    struct heartbeat_section heartbeat;
    struct names_section names;
    struct feed_section feed;
    struct map_section map;
    struct log_section log;
    struct limits_section limits;
    struct plugins_section plugins;
    struct partner *partner;
    size_t n_partners;
    struct channel *channel;
    size_t n_channels;
    struct route *route;
    size_t n_routes;
    struct ruleset rules;
    char sha256[65]; /* of the effective configuration */
    void *memory;    /* everything behind the pointers above; private to config.c */
};

/* One mistake; file is NULL for environment and command line. */
struct config_mistake {
    const char *file;
    int line;
    const char *text;
};
typedef void (*config_mistake_fn)(void *ctx, const struct config_mistake *mistake);

/* Reads file (NULL: presets only), environment and n_p settings "section.key=value". All
 * mistakes go to `mistake`. 0 and *config (caller frees), or -EINVAL. */
int config_load(struct config **config, const char *file, const char *const *p, size_t n_p,
                config_mistake_fn mistake, void *ctx);
/* The same from effective text (a RECORD_CONFIG), without environment or -p. */
int config_load_text(struct config **config, struct cw_str text, config_mistake_fn mistake,
                     void *ctx);
void config_free(struct config *config);
/* The effective configuration as a libconfig text that config_load_text() reads back to the
 * same; secrets left out. Goes into the journal. */
void config_print(const struct config *config, struct buf *out);
/* As JSON with secrets as "***". */
void config_print_json(const struct config *config, struct buf *out);
/* Every option, commented, with its preset: what conf/carewatch.conf holds. */
void config_print_reference(struct buf *out);

#endif

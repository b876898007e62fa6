/*
 * carewatch/event.h - the facts that travel through the daemon.
 *
 *   point     what a device measured       decoder  -> series, encoder
 *   document  what a facility reported     decoder  -> registry, service
 *   sample    one value as a detector sees it
 *   verdict   what a detector thinks       detector -> alarm
 *   alarm     what a person should hear    alarm    -> notifier
 *
 * All strings are borrowed. Times are nanoseconds since the Unix epoch, UTC; 0 means "none".
 */
#ifndef CAREWATCH_EVENT_H
#define CAREWATCH_EVENT_H

#include <stdint.h>

#include <carewatch/str.h>

enum cw_type { CW_F64 = 1, CW_I64, CW_BOOL, CW_TEXT };

struct cw_tag {
    struct cw_str key, value;
};

/* One named value of a point. `raw` is the number's own text as it was sent (so that an
 * encoder can copy it through); empty when there is none. */
struct cw_field {
    struct cw_str key;
    uint32_t type; /* enum cw_type */
    struct cw_str raw;
    union {
        double f64;
        int64_t i64;
        int32_t boolean;
        struct cw_str text;
    } v;
};

/* One reading: the values one device had at one moment. */
struct cw_point {
    struct cw_str device; /* empty: the device of the topic */
    const struct cw_field *field;
    uint32_t n_fields;
    int64_t time_ns;  /* the device's clock; 0 when it sent none */
    int64_t seq;      /* the device's counter; -1 when it sent none */
    int32_t relative; /* 1: time_ns counts from the arrival (SenML's "five seconds ago") */
};

/* A JSON document as a flat array in pre-order: node 0 is the root, the first child of a
 * container follows it directly, `next` is the index after the node's whole subtree. */
enum cw_node_type {
    CW_NODE_NULL = 1,
    CW_NODE_BOOL,
    CW_NODE_INT,
    CW_NODE_REAL,
    CW_NODE_TEXT,
    CW_NODE_ARRAY,
    CW_NODE_OBJECT,
};

struct cw_node {
    uint32_t type;       /* enum cw_node_type */
    uint32_t n_children; /* of an array or object */
    uint32_t next;
    struct cw_str key; /* empty in arrays and at the root */
    struct cw_str raw; /* a number's own text */
    union {
        double f64; /* set for INT and REAL */
        int32_t boolean;
        struct cw_str text;
    } v;
    int64_t i64; /* set for INT */
};

struct cw_doc {
    const struct cw_node *node;
    uint32_t n_nodes;
};

/* What somebody set for one resident, instead of a rule's own limits. NAN and 0: nothing. */
struct cw_own {
    double low, high; /* of the sample's metric */
    double score;     /* NEWS2: alarm from this score on */
    int32_t spo2_scale;
};

/* One value as a detector sees it. Booleans are 0 and 1, a text of one letter is the letter's
 * code ('A' is 65); longer texts are not seen. An event is 1. */
struct cw_sample {
    double value;
    int64_t sample_ns;  /* device time, clamped to arrival: rates and `for` count in this */
    int64_t arrived_ns; /* engine time */
    int32_t idle;       /* 1: the rule is not in force (plugin.h) */
    /* For detectors that want siblings: of the same metric at the same site, the mean of the
     * other devices' newest values (NAN: fewer than two), and how often any value changed. */
    double siblings;
    uint64_t site_changes;
    const struct cw_own *own; /* of the resident; NULL: the rule's limits hold */
};

enum cw_level { CW_NORMAL = 0, CW_ALARM = 1 };

/* A detector's opinion. Numbers only: wording belongs to rule and notifier. NAN: no opinion. */
struct cw_verdict {
    uint32_t level;   /* enum cw_level */
    double score;     /* 0 ordinary, 1 exactly at the limit; comparable between detectors */
    double value;     /* what was judged */
    double limit;     /* what it was judged against */
    double low, high; /* the band the value was expected in */
};

enum cw_priority { CW_PRIORITY_HIGH = 1, CW_PRIORITY_MEDIUM, CW_PRIORITY_LOW };

/* A change of an alarm as a notifier sees it, complete in itself. Pseudonyms only. */
struct cw_alarm {
    struct cw_str id;     /* stable: the same for every revision */
    uint32_t rev;         /* id and rev together identify the notification */
    uint32_t priority;    /* enum cw_priority */
    struct cw_str change; /* raised, cleared, acked, ... as in the transition */
    struct cw_str state;  /* as in the API */
    struct cw_str rule, kind, category, risk;
    struct cw_str site, district, device, resident, bed;
    struct cw_str text_zh, text_en;
    struct cw_str action_zh, action_en; /* what to do there, and whom to call; empty: none */
    struct cw_str json;  /* the whole alarm as the API shows it, one JSON object */
    double value, limit; /* NAN: none */
    int64_t raised_ns, changed_ns;
    int32_t active, historical, drill;
    struct cw_str to; /* who on duty is told by this, an id; empty: whom the channel names */
    struct cw_str
        address; /* where that person is reached, as the notifier asked; may be empty */
};

#endif

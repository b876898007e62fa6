/*
 * carewatch/plugin.h - everything a plugin may know about the daemon.
 *
 * A plugin is one exported constant and a few functions over memory the host owns. It
 * starts no thread, opens no socket, reads no clock and sees no event loop. The host
 * allocates each instance ("self", self_size bytes, zeroed), fills its options from the
 * option table, then calls open() if there is one. Every call comes from one thread at a
 * time per instance.
 *
 *   decoder   bytes of a payload              -> points, or a document
 *   detector  samples and events of a scope   -> verdicts, next deadline
 *   encoder   tags, fields, time              -> one line for the time-series database
 *   notifier  an alarm and the time           -> one HTTP request; judge of its answer
 *
 * CW_ABI must match exactly. It changes when the meaning or order of anything here or in
 * event.h changes; plugins built for another number are refused by name, never emulated.
 */
#ifndef CAREWATCH_PLUGIN_H
#define CAREWATCH_PLUGIN_H

#include <carewatch/event.h>

#define CW_ABI 4

/* What went wrong, as a whole sentence for a person, with the value that was wrong. */
struct cw_error {
    char text[240];
};

/* ---- options: parsed, checked, defaulted and documented from this table ---- */

enum cw_option_type {
    CW_OPT_BOOL = 1, /* int32_t */
    CW_OPT_INT,      /* int64_t */
    CW_OPT_REAL,     /* double; unset without a default: NAN */
    CW_OPT_TIME,     /* int64_t ns, written "90s", "20m", "1h30m", "20ms" */
    CW_OPT_SIZE,     /* int64_t bytes, written "64KiB", "1MiB" */
    CW_OPT_TEXT,     /* const char *, owned by the host until close() */
    CW_OPT_SECRET,   /* const char *: given as NAME_file or credential; never logged or shown */
    CW_OPT_LIST,     /* const char *const *, NULL-terminated; a lone text is a list of one */
};

/* The option must be given: use as `preset`. */
#define CW_REQUIRED ((const char *)0)
/* The option may be left out and then stays zero (NAN for CW_OPT_REAL). */
#define CW_OPTIONAL ""

struct cw_option {
    const char *name;
    uint32_t type;       /* enum cw_option_type */
    uint32_t offset;     /* offsetof the field in self */
    double min, max;     /* numbers; times in seconds, sizes in bytes. Unchecked when equal */
    const char *preset;  /* default as one would write it, CW_REQUIRED or CW_OPTIONAL */
    const char *help;    /* one line; ends up in --help, the man page, carewatch.conf */
    const char *choices; /* "a|b|c" for TEXT, or NULL */
};

/* ---- decoder ---- */

/* Why a payload is refused as a whole. Counted and named by refusal_name(). */
enum cw_refusal {
    CW_ACCEPTED = 0,
    CW_REFUSED_EMPTY,     /* no bytes: a deleted retained message */
    CW_REFUSED_TOO_LARGE, /* over limits.payload */
    CW_REFUSED_SYNTAX,    /* not a document of the decoder's format */
    CW_REFUSED_ENCODING,  /* not UTF-8, byte order mark, NUL, lone surrogate */
    CW_REFUSED_DUPLICATE_KEY,
    CW_REFUSED_DEPTH,
    CW_REFUSED_NUMBER,    /* NaN, infinite, beyond the range of its type */
    CW_REFUSED_SHAPE,     /* valid, but none of the contract's shapes */
    CW_REFUSED_FIELDS,    /* more fields or points than the limit */
    CW_REFUSED_TIMESTAMP, /* not a time, or in a wrong unit */
    CW_REFUSED_TEXT,      /* a text value that is too long */
    CW_REFUSED_TOPIC,     /* from here on by the host: not five levels, bad prefix or id */
    CW_REFUSED_KIND,      /* unknown last level */
    CW_REFUSED_RETAINED,  /* retained telemetry or event */
    CW_REFUSED_UNKNOWN_SITE,
    CW_REFUSED_WRONG_SITE,     /* the payload names another site than the topic */
    CW_REFUSED_NOT_AUTHORISED, /* this kind of site may not say this */
    CW_REFUSED_EVENT,          /* unknown type, missing or wrong member of an event */
    CW_REFUSED_LIMIT,          /* a table is full: devices, series, visits */
    CW_N_REFUSALS
};

/* Room the host gives to a decoder; it fills and counts, and stops with CW_REFUSED_FIELDS
 * when something is full. Strings point into the payload or into `text`. */
struct cw_batch {
    struct cw_point *point;
    struct cw_field *field;
    struct cw_node *node;
    char *text; /* for strings that had to be unescaped */
    uint32_t n_points, max_points;
    uint32_t n_fields, max_fields;
    uint32_t n_nodes, max_nodes;
    uint32_t n_text, max_text;
    /* What one device sends differs in its values only. Telemetry of one point whose fields
     * have the same names and types in the same order as that of another message may get the
     * same number from the decoder, for ever of no other kind; 0: it does not say. `like` is
     * the number that the sender's last message had, 0 when it is not known: only a hint. The
     * host clears `pattern` before each call. */
    uint64_t pattern, like;
};

struct cw_decoder {
    uint32_t size; /* sizeof(struct cw_decoder) */
    /* True if the payload looks like this decoder's format: asked in turn when a source
     * names no decoder. NULL: only by name. */
    int32_t (*recognise)(const void *self, struct cw_str payload);
    /* Telemetry. `metric` names a bare value (from the source's configuration), else empty.
     * At least 64 bytes behind the payload are readable and belong to nobody.
     * Returns an enum cw_refusal; when it is not CW_ACCEPTED the batch is void and err set. */
    uint32_t (*points)(void *self, struct cw_str payload, struct cw_str metric,
                       struct cw_batch *batch, struct cw_error *err);
    /* Events, status, rosters: the payload as a document in batch->node. NULL: cannot. */
    uint32_t (*document)(void *self, struct cw_str payload, struct cw_batch *batch,
                         struct cw_error *err);
};

/* ---- detector ---- */

/* What one instance of state is kept for. */
enum cw_scope {
    CW_SCOPE_SERIES = 1,
    CW_SCOPE_DEVICE,
    CW_SCOPE_RESIDENT,
    CW_SCOPE_SITE,
    CW_SCOPE_ROOM, /* of the roster; a device without one is its resident's, bed's or own */
};

enum cw_input_kind { CW_INPUT_METRIC = 1, CW_INPUT_EVENT };

/* One thing a detector wants to see; its index in the list is the `slot` of step(). */
struct cw_input {
    uint32_t kind;    /* enum cw_input_kind */
    const char *name; /* metric, or type of an event; owned by self */
};

#define CW_NEVER INT64_MAX
#define CW_MAX_INPUTS 8

/* One thing that a state has learned, for a person who asks why: `nights` 9, `limit_s` 900. */
struct cw_learned {
    const char *name; /* a word of [a-z_], its unit at the end; lives as long as the plugin */
    double value;
};
#define CW_MAX_LEARNED 8

/* State is plain bytes without pointers: the host keeps one per scope, saves it in snapshots
 * and calls reset() when state_version differs from what it saved. step() and due() must give
 * the same answer twice for the same self, state and arguments. Both write at most one
 * verdict; a verdict of the level it had before changes nothing, but when it answers an
 * event: CW_ALARM again counts the repetition. Samples come in order of arrival: sample_ns
 * may go back by as much as the reorder window.
 *
 * A rule can be out of force: outside of its `when`, or while something of its `unless` holds.
 * Samples come all the same, marked idle: learn from them, begin nothing. due() waits
 * meanwhile; when the rule is in force again, resume() is asked for the new deadline. */
enum cw_resume { CW_RESUME_WHEN = 1, CW_RESUME_UNLESS };

struct cw_detector {
    uint32_t size; /* sizeof(struct cw_detector) */
    uint32_t state_version;
    uint32_t scope; /* enum cw_scope */
    uint32_t (*inputs)(const void *self, struct cw_input *input, uint32_t max);
    size_t (*state_size)(const void *self);
    void (*reset)(const void *self, void *state);
    /* A sample of input `slot`. Returns the engine time at which due() is to be called, or
     * CW_NEVER. Sets *spoke to 1 if *verdict was written. */
    int64_t (*step)(const void *self, void *state, uint32_t slot,
                    const struct cw_sample *sample, struct cw_verdict *verdict, int32_t *spoke);
    int64_t (*due)(const void *self, void *state, int64_t now_ns, struct cw_verdict *verdict,
                   int32_t *spoke);         /* NULL: has no deadlines */
    uint32_t (*scope_of)(const void *self); /* when an option chooses; NULL: `scope` */
    /* Whether samples are to say what the siblings do. NULL: no. */
    int32_t (*wants_siblings)(const void *self);
    /* The rule is in force again (enum cw_resume: why it was not). NULL: what fell due
     * meanwhile is due now. */
    int64_t (*resume)(const void *self, void *state, uint32_t why, int64_t now_ns,
                      struct cw_verdict *verdict, int32_t *spoke);
    /* A state of an older state_version, read from a snapshot, into one of today. 0, or it
     * starts anew. NULL: always. */
    int32_t (*take_state)(const void *self, uint32_t version, const void *old, size_t n,
                          void *state);
    /* What the state has learned, at most max of it; returns how many. It only looks. NULL:
     * nothing that a person would understand. */
    uint32_t (*learned)(const void *self, const void *state, struct cw_learned *learned,
                        uint32_t max);
};

/* ---- encoder ---- */

/* A field whose name was made before. */
struct cw_named {
    struct cw_str name; /* as name() wrote it */
    const struct cw_field *field;
};

/* All behave as snprintf: they return the bytes the text takes and write nothing when that
 * exceeds cap. 0 means it cannot be written (a tag that cannot be escaped, NaN, no field). */
struct cw_encoder {
    uint32_t size; /* sizeof(struct cw_encoder) */
    /* Measurement and tags (sorted by key): the host keeps it and uses it many times. */
    size_t (*prefix)(const void *self, struct cw_str measurement, const struct cw_tag *tag,
                     uint32_t n_tags, char *dst, size_t cap);
    /* Fields and time, with the final newline. */
    size_t (*body)(const void *self, const struct cw_field *field, uint32_t n_fields,
                   int64_t time_ns, char *dst, size_t cap);
    /* Both or none: a field's name, which the host keeps and uses many times, and body() of
     * fields with their names, the same bytes. A name of 0 bytes is one for body() alone. */
    size_t (*name)(const void *self, struct cw_str key, char *dst, size_t cap);
    size_t (*named_body)(const void *self, const struct cw_named *named, uint32_t n,
                         int64_t time_ns, char *dst, size_t cap);
};

/* ---- notifier ---- */

enum cw_outcome { CW_DONE = 1, CW_RETRY, CW_REJECTED }; /* REJECTED: no retry will help */

/* What a notifier needs to know of the person on duty whom it tells. The host has it from the
 * table of names, looks it up for one message and writes the look into the audit. */
enum cw_address { CW_ADDRESS_NONE, CW_ADDRESS_PHONE, CW_ADDRESS_EMAIL };

#define CW_MAX_HEADERS 24

/* Filled by render() inside `text` and `body`, which the host owns. The URL says which way it
 * goes: http, https; smtp, smtps (a mail: headers and body are its text); exec:/PATH (headers
 * "Argument: x", "Environment: K=V", body to its input); mqtt:TOPIC. */
struct cw_request {
    const char *method, *url;           /* NUL-terminated, owned by self or in text */
    const char *header[CW_MAX_HEADERS]; /* "Name: value" */
    uint32_t n_headers;
    char *text; /* room for headers and url */
    size_t n_text, max_text;
    char *body;
    size_t n_body, max_body;
};

struct cw_notifier {
    uint32_t size; /* sizeof(struct cw_notifier) */
    /* Pure: the same alarm and time give the same bytes. 0, or negative with err: -E2BIG, or
     * -ENOENT when nobody is there to be told. */
    int32_t (*render)(const void *self, const struct cw_alarm *alarm, int64_t now_ns,
                      struct cw_request *request, struct cw_error *err);
    /* What the answer means. status 0: no answer came. Sets err unless CW_DONE. */
    uint32_t (*judge)(const void *self, int32_t status, struct cw_str body,
                      struct cw_error *err);
    /* What the target bears, as the channel's option `rate`: "20/1m". NULL: any number. */
    const char *rate;
    /* How often an alarm that holds is told again to a target that forgets, as the channel's
     * option `resend`: "1m". NULL: once is enough. */
    const char *resend;
    /* Which address of a person on duty it has use for (enum cw_address). NULL: none. */
    uint32_t (*address)(const void *self);
};

/* ---- the one exported constant ---- */

enum cw_plugin_kind { CW_DECODER = 1, CW_DETECTOR, CW_ENCODER, CW_NOTIFIER };

struct cw_plugin {
    uint32_t abi;     /* CW_ABI */
    uint32_t kind;    /* enum cw_plugin_kind */
    const char *name; /* as written in the configuration: threshold, json, line, webhook */
    const char *help; /* one line */
    size_t self_size;
    const struct cw_option *option;                    /* ends with a NULL name; may be NULL */
    int32_t (*open)(void *self, struct cw_error *err); /* checks, prepares self; optional */
    void (*close)(void *self);                         /* optional */
    union {
        const struct cw_decoder *decoder;
        const struct cw_detector *detector;
        const struct cw_encoder *encoder;
        const struct cw_notifier *notifier;
    } ops;
};

/* CW_PLUGIN(threshold) = { ... }; builds as a .so, or into the daemon with -DCW_STATIC. */
#ifdef __cplusplus
#define CW_PLUGIN_LINKAGE extern "C"
#else
#define CW_PLUGIN_LINKAGE
#endif
#ifdef CW_STATIC
#define CW_PLUGIN(id)                                               \
    CW_PLUGIN_LINKAGE const struct cw_plugin carewatch_plugin_##id; \
    const struct cw_plugin carewatch_plugin_##id
#else
#define CW_PLUGIN(id)                                        \
    CW_PLUGIN_LINKAGE __attribute__((visibility("default"))) \
    const struct cw_plugin carewatch_plugin;                 \
    const struct cw_plugin carewatch_plugin
#endif

#endif

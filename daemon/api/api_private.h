/*
 * api_private.h - shared by api_*.c: routes, who is asking, exchanges, streams.
 *
 * An exchange is one request on its way to its answer; it is gone when the handler returns.
 * What answers later keeps a `struct pending`, which knows the request by id alone.
 */
#ifndef API_PRIVATE_H
#define API_PRIVATE_H

#include "api/api.h"
#include "api/api_roles.h"
#include "base/buf.h"
#include "base/json_out.h"
#include "base/map.h"
#include "base/str.h"
#include "base/units.h"
#include "core/engine.h"
#include "daemon.h"
#include "io/http_parse.h"
#include "io/store_audit.h"

/* ---- who may ask ---- */

#define ROLES_READ                                                                  \
    (ROLE_VIEWER | ROLE_DISPATCHER | ROLE_SUPERVISOR | ROLE_ADMIN | ROLE_FACILITY | \
     ROLE_DISTRICT | ROLE_INSPECTOR)
#define ROLES_STAFF (ROLE_VIEWER | ROLE_DISPATCHER | ROLE_SUPERVISOR | ROLE_ADMIN)
#define ROLES_ALL (ROLES_READ | ROLE_METRICS | ROLE_PUBLIC)
/* Beside the roles of a route: whose word it is (api_cases.c), how the audit takes it
 * (api_audit.c). */
#define ROUTE_OF_THE_JUDGED (1u << 28) /* not the department's */
#define ROUTE_AUDITED (1u << 29)       /* a GET that leaves a line, too */
#define ROUTE_MACHINE (1u << 30)       /* programs say the same again and again: no line */
#define ROUTE_PERSONAL (1u << 31)      /* its body is not looked at for the line */

/* Who is asking. Empty site and district: all of them. */
struct caller {
    uint32_t role; /* one bit; all of them when http.auth is "none" */
    char site[MAX_ID + 1], district[MAX_ID + 1];
    char area[MAX_ID + 1], department[MAX_DEPARTMENT + 1];
    char by[MAX_ID + 1];   /* as it is written into the journal */
    const struct api *api; /* whose fold says what lies in an area */
};

bool caller_may_see(const struct caller *caller, const char *site, const char *district);
bool caller_is_scoped(const struct caller *caller);
/* By an area or a department: what is asked of the store knows no such columns. */
bool caller_is_narrow(const struct caller *caller);

/* ---- routes ---- */

/* MANY: a text that may be given several times; the handler reads it from the query. */
enum parameter_type {
    PARAMETER_ID = 1,
    PARAMETER_TEXT,
    PARAMETER_INT,
    PARAMETER_CHOICE,
    PARAMETER_MANY
};

struct parameter {
    const char *name; /* NULL ends the list */
    enum parameter_type type;
    int64_t min, max;    /* INT; the most characters of a TEXT is max */
    const char *choices; /* CHOICE: "open|closed|all" */
    const char *help;
};
#define MAX_PARAMETERS 12u
#define MAX_VALUE 256u

struct exchange;
struct api_route {
    const char *method, *pattern; /* "{id}" stands for one id */
    uint32_t roles;               /* set of enum role, and ROUTE_*; no role does not start */
    const struct parameter *parameter;
    const char *summary;
    void (*handle)(struct exchange *exchange);
};
extern const struct api_route api_routes[]; /* ends with a NULL method */

struct exchange {
    struct api *api;
    const struct http_request *request;
    const struct api_route *route;
    struct caller caller;
    char secret[TOKEN_SECRET_MAX];         /* the caller's token; "" none */
    char peer[64];                         /* address, as a trusted proxy says */
    bool is_tls;                           /* of the client, also behind such a proxy */
    char id[MAX_ID + 1];                   /* {id} of the pattern */
    char value[MAX_PARAMETERS][MAX_VALUE]; /* by place in route->parameter; "" not given */
};

/* The route of a path; NULL and a set of allowed methods in `allow` (empty: no such path). */
const struct api_route *api_route_find(struct cw_str method, struct cw_str path,
                                       char id[MAX_ID + 1], char *allow, size_t allow_cap);
/* Does the table hold what it promises? 0 or -EINVAL with err. */
int api_routes_check(const struct api_route *route, struct cw_error *err);
/* Fills exchange->value. 0, or -EINVAL with err when one is unknown, given twice or wrong. */
int parameters_read(struct exchange *exchange, struct cw_error *err);
const char *parameter(const struct exchange *exchange, const char *name);
int64_t parameter_int(const struct exchange *exchange, const char *name, int64_t fallback);
/* Is `word` one of "a|b|c"? */
bool choice_has(const char *choices, struct cw_str word);

/* A new thing is named by us, as a UUID (version 4), so that the journal holds its name. */
void api_new_id(char id[MAX_ID + 1]);

/* ---- the API's own state ---- */

#define MAX_SESSIONS 256u
#define MAX_PEERS 256u
#define MAX_REMEMBERED 256u
#define MAX_RING 4096u
#define MAX_STREAM_SERIES 8u

struct session {
    char cookie[65];
    char secret[TOKEN_SECRET_MAX]; /* the token: a revoked one ends its sessions at once */
    int64_t expires_ns;
};

#define MAX_CALLERS 256u
/* Changes of one person or program: http.command_rate. */
struct caller_pace {
    uint64_t caller;
    struct pace pace;
};

/* Failed sign-ins of one address: a bucket of 10, one back every 6 s. */
struct peer_bucket {
    uint64_t peer;
    double tokens;
    int64_t filled_ns;
};

/* An answer that is repeated when its Idempotency-Key comes again. */
struct remembered {
    uint64_t key;
    int status;
    char *body;
    size_t n_body;
};

/* A command or a question to the store that is on its way. */
struct pending {
    struct pending *next;
    struct api *api; /* NULL: the API has stopped */
    uint64_t request, remember;
    bool is_one;                   /* a single object, not a list */
    char id[MAX_ID + 1];           /* of the site that is registered */
    bool is_new;                   /* it was not there before */
    const struct entry_kind *kind; /* of the entry that it is about */
    char entry[MAX_ENTRY_ID + 1];
    /* Writes what became of it into api->scratch; false or NULL: there is nothing to show. */
    bool (*tell)(struct api *api, const struct pending *pending);
};

/* A frame of the past, for streams that come back. */
struct past {
    struct position at;
    uint32_t ordinal;
    uint32_t topic;
    char site[MAX_ID + 1], district[MAX_ID + 1];
    bool has_value; /* of an alarm */
    char *frame;
    size_t n_frame;
};

enum topic { TOPIC_ALARMS = 1, TOPIC_KPI = 2, TOPIC_MARKS = 4, TOPIC_VISITS = 8 };

struct watched_series {
    char site[MAX_ID + 1], device[MAX_ID + 1], metric[MAX_ID + 1];
    int64_t sent_ns; /* newest value that was sent */
};

struct stream {
    struct stream *next;
    uint64_t request;
    struct caller caller;
    char secret[TOKEN_SECRET_MAX];
    uint32_t topics;
    struct watched_series series[MAX_STREAM_SERIES];
    uint32_t n_series;
    uint64_t marks_hash;
    uint64_t seen;    /* of what was ever put into the ring it had what lies before */
    int64_t state_ns; /* the tick whose frames it had last */
    bool consents;    /* a consent changed that it is still to be told of */
};

/* How many streams are served in one turn of the loop; the others wait for the next. */
#define STREAMS_A_TURN 64u

#define N_RATES 11u
struct rate_sample {
    int64_t at_ns;
    uint64_t messages, values, lines;
    uint64_t cpu_us; /* that the process used, of all cores */
};

#define N_BUCKETS 9u
struct histogram {
    uint64_t bucket[N_BUCKETS + 1]; /* the last one is +Inf */
    double sum;
    uint64_t count;
};
/* Upper bounds in seconds, N_BUCKETS of them. */
extern const double histogram_bounds[];
void histogram_add(struct histogram *histogram, double seconds);

/* A frame that many streams get alike, made once a moment. */
struct shared_frame {
    int64_t at_ns;
    struct buf frame;
};

struct api {
    struct daemon *daemon;
    bool open; /* http.auth is "none" */
    struct session session[MAX_SESSIONS];
    struct peer_bucket peer[MAX_PEERS];
    struct caller_pace pace[MAX_CALLERS];
    struct audited *audited;      /* requests on their way that will leave a line */
    struct audit_head audit_head; /* as published last */
    int64_t audit_head_ns, audit_day, audit_asked_ns;
    struct remembered remembered[MAX_REMEMBERED];
    uint32_t n_remembered;
    struct pending *pending;
    struct stream *streams, *pump; /* pump: who is served next; NULL: nobody waits */
    bool pump_again;               /* and all once more */
    uv_idle_t *pumping;            /* active while somebody waits */
    uint32_t streams_a_turn;       /* STREAMS_A_TURN */
    uint32_t n_served_most;        /* in one turn, so far */
    int64_t tick_ns;               /* what streams are to have the state of */
    struct past ring[MAX_RING];
    uint64_t n_past;            /* ever put into the ring */
    struct position ring_floor; /* everything after this moment is in the ring */
    uint32_t ring_floor_ordinal;
    struct position visits_floor; /* of visits everything from this moment on */
    struct rate_sample rate[N_RATES];
    uint32_t n_rates;
    struct shared_frame kpi, marks;
    struct buf scratch;  /* of one frame or answer at a time */
    struct map external; /* api_v2_push.c: subject -> until when a pushed alert is believed */
    uint64_t n_external_refused;
    /* counters */
    uint64_t n_auth_failed, n_auth_limited, n_commands, n_commands_failed, n_resets;
    uint64_t n_audited, n_command_limited;
    uint64_t answered[6]; /* by first digit of the status */
    struct histogram request_seconds, raise_to_ack_seconds, ingest_seconds;
};

static inline const struct fold *api_fold(const struct api *api)
{
    return engine_fold(pipeline_engine(api->daemon->pipeline));
}

/* With the ordinal UINT32_MAX: the moment after which everything from `at` on comes. */
static inline struct position just_before(struct position at)
{
    if (at.offset > 0)
        at.offset--;
    return at;
}

/* ---- answers ---- */

void api_answer(struct api *api, uint64_t request, int status, const char *headers,
                struct cw_str json);
/* The same of another type than JSON. */
void api_answer_as(struct api *api, uint64_t request, int status, const char *type,
                   const char *headers, struct cw_str body);
/* application/problem+json with a whole sentence. */
void api_problem(struct api *api, uint64_t request, int status, const char *headers,
                 const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* {"items":[ ... ],"next":..,"rev":..}: begin, write objects, end and answer. */
void api_list_begin(struct api *api, struct json_out *out);
void api_list_end(struct exchange *exchange, struct json_out *out, const char *next);
/* The same from items that are written already, e.g. rows of the store. */
void api_items_answer(struct api *api, uint64_t request, struct cw_str items, uint64_t next);
/* The revision of everything that is shown: the journal offset the fold has reached. */
int64_t api_rev(const struct api *api);
struct pending *pending_new(struct api *api, uint64_t request);
/* Takes it off; NULL when the API has stopped (it is freed either way by pending_free()). */
struct api *pending_take(struct pending *pending);

/* ---- api_auth.c ---- */

int auth_check_listen(const struct http_section *http, struct cw_error *err);
/* Who is asking, and from where. False: answered with 403. */
bool auth_identify(struct exchange *exchange);
/* May the caller use the route, now? False: answered (401, 403, 429). */
bool auth_admit(struct exchange *exchange);
/* Refuses what another site's page may have caused. False: answered. */
bool auth_check_origin(struct exchange *exchange);
void handle_session_get(struct exchange *exchange);
void handle_session_post(struct exchange *exchange);
void handle_session_delete(struct exchange *exchange);

/* ---- api_audit.c ---- */

/* Before anything is answered, when the caller is known. */
void audit_begin(struct exchange *exchange);
/* The caller is somebody else by now: signed in. */
void audit_who(struct exchange *exchange);
/* The request was answered, or is gone (status 0). */
void audit_answered(struct api *api, uint64_t request, int status);
void audit_tick(struct api *api, int64_t now_ns);
void audit_free(struct api *api);
void handle_audit(struct exchange *exchange);
/* The line now, `then` when it is committed: for what may not be shown without it. The answer
 * itself leaves none any more. */
void audit_then(struct api *api, uint64_t request, int status, void (*then)(void *ctx),
                void *ctx);

/* ---- api_names.c ---- */

void handle_name(struct exchange *exchange);
void handle_name_put(struct exchange *exchange);
void handle_resident_export(struct exchange *exchange);
void handle_resident_erase(struct exchange *exchange);
void handle_alarm_person(struct exchange *exchange);
/* The site the parameter names, if the caller may see it; else answered. */
const struct site *person_site(struct exchange *exchange);

/* ---- api_limits.c ---- */

void handle_limits(struct exchange *exchange);
void handle_limit_post(struct exchange *exchange);
void handle_limit_delete(struct exchange *exchange);

/* ---- api_series.c ---- */

/* RFC 3339 or milliseconds; false when it is neither, *ns stays when it is empty. */
bool api_moment(const char *text, int64_t *ns);
/* The device of the parameters device and site; NULL when the caller may see none or, without
 * a site, several. */
const struct device *api_device(const struct exchange *exchange);

/* ---- api_explain.c ---- */

void handle_alarm_why(struct exchange *exchange);
void handle_explain(struct exchange *exchange);
void handle_rules(struct exchange *exchange);

/* ---- handlers ---- */

void handle_healthz(struct exchange *exchange);
void handle_readyz(struct exchange *exchange);
void handle_metrics(struct exchange *exchange);
void handle_status(struct exchange *exchange);
void handle_quarantine(struct exchange *exchange);
void handle_site_refused(struct exchange *exchange);
void handle_openapi(struct exchange *exchange);
void handle_alarms(struct exchange *exchange);
void handle_alarm(struct exchange *exchange);
void handle_alarm_history(struct exchange *exchange);
void handle_alarm_order(struct exchange *exchange);
void handle_alarm_open(struct exchange *exchange);
void handle_load(struct exchange *exchange);
void handle_causes(struct exchange *exchange);
void handle_incidents(struct exchange *exchange);
void handle_incident(struct exchange *exchange);
void handle_silences(struct exchange *exchange);
void handle_silence_post(struct exchange *exchange);
void handle_silence_delete(struct exchange *exchange);
void handle_maintenance(struct exchange *exchange);
void handle_maintenance_post(struct exchange *exchange);
void handle_maintenance_delete(struct exchange *exchange);
void handle_rosters(struct exchange *exchange);
void handle_roster_override(struct exchange *exchange);
/* What is about everything is not for those who may see a part. False: answered with 403. */
bool is_for_all(struct exchange *exchange);

/* ---- api_duty.c ---- */

void handle_contact(struct exchange *exchange);
void handle_contact_put(struct exchange *exchange);
void handle_contact_delete(struct exchange *exchange);
void handle_report(struct exchange *exchange);
void handle_sites(struct exchange *exchange);
void handle_site(struct exchange *exchange);
void handle_site_put(struct exchange *exchange);
void handle_site_devices(struct exchange *exchange);
void handle_v2_status(struct exchange *exchange);
void handle_v2_alerts(struct exchange *exchange);
void handle_v2_alerts_post(struct exchange *exchange);
void handle_v2_silences(struct exchange *exchange);
void handle_v2_silence(struct exchange *exchange);
void handle_v2_silences_post(struct exchange *exchange);
void handle_v2_silence_delete(struct exchange *exchange);
void handle_unknown_devices(struct exchange *exchange);
void handle_visits(struct exchange *exchange);
void handle_site_visits(struct exchange *exchange);
void handle_staffing(struct exchange *exchange);
void handle_ratings(struct exchange *exchange);
void handle_entries(struct exchange *exchange);
void handle_entry(struct exchange *exchange);
void handle_entry_put(struct exchange *exchange);
void handle_history(struct exchange *exchange);
void handle_site_entries(struct exchange *exchange);
void handle_import(struct exchange *exchange);
void handle_handover(struct exchange *exchange);
void handle_map_points(struct exchange *exchange);
void handle_map_outline(struct exchange *exchange);
void handle_map_geojson(struct exchange *exchange);
void handle_public_map(struct exchange *exchange);
void handle_credit(struct exchange *exchange);
void handle_public_credit(struct exchange *exchange);
void handle_credit_decide(struct exchange *exchange);
void handle_ledger_report(struct exchange *exchange);
void handle_series(struct exchange *exchange);
void handle_stream(struct exchange *exchange);
/* What the last run said of alarms, from the store, so that streams go on over a restart. */
void ring_restore(struct api *api);
/* What a stream lacks: what happened since, and how things are if it is time for that. The
 * stream may be gone by it. */
void stream_serve(struct api *api, struct stream *stream);
/* api_pump.c: each stream will be served, the first ones now. */
void stream_pump_open(struct api *api);
void stream_pump_close(struct api *api);
void stream_pump(struct api *api);
/* Everything that is no route: the pages. */
void api_page(struct api *api, const struct http_request *request);

/* ---- alarms, for each other ---- */

bool may_see_alarm(const struct exchange *exchange, const struct alarm *alarm);
/* The alarm of the path if the caller may see it; else answered with 404. */
const struct alarm *alarm_or_404(struct exchange *exchange);
void answer_alarm(struct api *api, uint64_t request, int status, const struct alarm *alarm);
/* A command made of the request: who, its id, If-Match, Idempotency-Key and its body. It is
 * answered when the fold has applied it: with the alarm, with what tell() writes, or 204. */
struct order {
    const char *name;      /* of the command */
    const char *id_member; /* how it calls `id`; NULL: it does not */
    const char *id;
    const char *site; /* of the parameter, when the command needs it; or NULL */
    const char *metric;
    bool is_new; /* 201 */
    bool (*tell)(struct api *api, const struct pending *pending);
};
void order_send(struct exchange *exchange, const struct order *order);
/* May the caller reach the site that the body names? False: answered. */
bool order_may_reach(struct exchange *exchange);

/* ---- others ---- */

/* Whose, of what, and the client's own key; 0 when it gave none, never negative. */
uint64_t request_key(const struct exchange *exchange);
/* The entry of the path if the caller may see it; else answered with 404. */
const struct entry *entry_or_404(struct exchange *exchange);
/* api_attachments.c */
void handle_attachment_put(struct exchange *exchange);
void handle_attachment(struct exchange *exchange);
/* api_feed.c */
void handle_feed(struct exchange *exchange);
void handle_feed_key(struct exchange *exchange);
void handle_received(struct exchange *exchange);
void handle_statutes(struct exchange *exchange);
void handle_account(struct exchange *exchange);
void handle_project_statement(struct exchange *exchange);
/* api_cases.c: a step of a case, by its route; the end of one, with what became of it. */
void handle_case(struct exchange *exchange);
void on_case_done(void *pending, int code, const struct alarm *alarm,
                  const struct cw_error *err);
void case_answer_failed(struct api *api, const struct pending *pending, int code,
                        const struct cw_error *err);
/* Of which kind the entries of a route are: the last word of its path that names one. */
const struct entry_kind *route_kind(const struct api_route *route);
/* May the caller see it: of its site, or of an organisation that works there, or its area. */
bool entry_visible(const struct exchange *exchange, const struct entry *entry);
/* api_scope.c: may the caller's scope use the route? False: answered. */
bool scope_admits(struct exchange *exchange);
/* The sites and organisations that a token of an area, a department or a site sees, as a JSON
 * list for the store, which knows no areas; NULL: no such token. The caller frees it. */
char *scope_sites(const struct exchange *exchange);
/* The same of residents for a token of an area: those sites and the areas that lie in its own,
 * each with a word before it. */
#define SCOPE_SITE "site "
#define SCOPE_AREA "area "
char *scope_homes(const struct exchange *exchange);
/* The rule whose alarms a scoped caller does not see before a person has looked; "" none. */
const char *scope_hidden_rule(const struct exchange *exchange);
bool route_knows_areas(const struct api_route *route);
/* Is the site or the organisation (either may be "") within the caller's scope? */
bool caller_covers(const struct exchange *exchange, struct cw_str site, struct cw_str org);
/* What the caller says beside the body. */
struct entry_author {
    const char *by, *id, *site; /* id NULL: the body has it itself; site "": not said */
    uint32_t rev;               /* that it is to be at; 0 any */
};
/* The registry record of a body: its members and the author's. 0 or -EINVAL with err. */
struct json_node;
int entry_record(const struct json_node *body, const struct entry_kind *kind,
                 const struct entry_author *author, struct buf *record, struct cw_error *err);
/* If-Match: "3" or *. 0 when absent or *; -EINVAL when it is something else. */
int if_match(struct cw_str header, uint32_t *rev);
/* A page of rows of the store as the answer; `next` as store_list_fn. */
/* The kind and the scope of the caller into the question of entries; false: there is nothing of
 * it for this caller. site "" any. */
bool scope_list(const struct exchange *exchange, const struct entry_kind *kind,
                struct store_list *list, const char *site);
/* Entries of the fold that are wanted, a page of them, from "after" on and at most "limit". */
struct entry_page {
    bool (*is_wanted)(const struct exchange *exchange, const struct entry *entry,
                      const char *site);
    void (*write)(const struct fold *fold, const struct entry *entry, struct json_out *out);
    const char *site; /* "" any */
};
void answer_entries(struct exchange *exchange, const struct entry_page *page);
void entry_into_list(const struct fold *fold, const struct entry *entry, struct json_out *out);
/* The entry, with its revision. */
void answer_entry(struct api *api, uint64_t request, int status, const struct entry *entry);
void answer_rows(void *pending, struct cw_str items, uint32_t n, const char *next);
/* The site, or NULL when it does not exist for this caller. */
const struct site *site_for(const struct exchange *exchange, const char *id);
/* The site of the path; else answered with 404. */
const struct site *site_of_path(struct exchange *exchange);
void rates_sample(struct api *api, int64_t now_ns);
/* Per second over the last ten. */
double rate_of(const struct api *api, size_t offset_in_sample);

#endif

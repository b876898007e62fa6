/*
 * api_routes.c - the one table of routes, and what is derived from it: matching, parameters,
 * allowed methods; api_openapi.c prints the same table. Whoever adds a route says here who
 * may use it, or the daemon does not start.
 */
#include <errno.h>
#include <string.h>

#include "api/api_private.h"
#include "base/num.h"

#define LIMIT                                                          \
    {                                                                  \
        .name = "limit", .type = PARAMETER_INT, .min = 1, .max = 1000, \
        .help = "most items of one answer (200)"                       \
    }
#define AFTER                                                \
    {                                                        \
        .name = "after", .type = PARAMETER_TEXT, .max = 120, \
        .help = "the \"next\" of the answer before"          \
    }
#define SITE                                                              \
    {                                                                     \
        .name = "site", .type = PARAMETER_ID, .help = "of this site only" \
    }
#define DISTRICT                                                                  \
    {                                                                             \
        .name = "district", .type = PARAMETER_ID, .help = "of this district only" \
    }
#define END          \
    {                \
        .name = NULL \
    }

static const struct parameter none[] = {END};

static const struct parameter alarms_parameters[] = {
    {.name = "state",
     .type = PARAMETER_CHOICE,
     .choices = "open|closed|all",
     .help = "open: not closed yet (the default)"},
    {.name = "priority", .type = PARAMETER_CHOICE, .choices = "high|medium|low", .help = "one"},
    {.name = "incident", .type = PARAMETER_ID, .help = "of this incident only"},
    {.name = "view",
     .type = PARAMETER_CHOICE,
     .choices = "all|first_out|live",
     .help = "first_out: without what is folded; live: also without what is put aside, and in "
             "a flood only what is high (open alarms)"},
    SITE,
    DISTRICT,
    LIMIT,
    AFTER,
    END,
};

static const struct parameter silences_parameters[] = {
    {.name = "state",
     .type = PARAMETER_CHOICE,
     .choices = "active|expired|all",
     .help = "active: and those to come (the default)"},
    LIMIT,
    END,
};

static const struct parameter site_parameters[] = {SITE, LIMIT, END};

static const struct parameter incidents_parameters[] = {
    {.name = "state",
     .type = PARAMETER_CHOICE,
     .choices = "open|closed|all",
     .help = "open: one of its alarms is (the default)"},
    SITE,
    LIMIT,
    END,
};

static const struct parameter report_parameters[] = {
    {.name = "from",
     .type = PARAMETER_TEXT,
     .max = 40,
     .help = "RFC 3339 or milliseconds (a week before to)"},
    {.name = "to", .type = PARAMETER_TEXT, .max = 40, .help = "RFC 3339 or milliseconds (now)"},
    {.name = "by",
     .type = PARAMETER_CHOICE,
     .choices = "all|day|hour|site|district|priority|rule|actor",
     .help = "a row for each; actor: the ten that ring most (load)"},
    SITE,
    DISTRICT,
    END,
};

static const struct parameter sites_parameters[] = {
    {.name = "kind", .type = PARAMETER_TEXT, .max = 64, .help = "institution, home, station"},
    DISTRICT,
    {.name = "connection",
     .type = PARAMETER_CHOICE,
     .choices = "unknown|online|alive_no_data|silent|retired|clock_fault",
     .help = "as it is now"},
    LIMIT,
    AFTER,
    END,
};

static const struct parameter list_parameters[] = {LIMIT, AFTER, END};
static const struct parameter own_history_parameters[] = {
    {.name = "site", .type = PARAMETER_ID, .help = "required: the id is a site's own"},
    LIMIT,
    AFTER,
    END,
};

static const struct parameter visits_parameters[] = {
    SITE,
    {.name = "state",
     .type = PARAMETER_CHOICE,
     .choices = "requested|planned|assigned|due|in_service|checked_out|verified|settled|"
                "missed|cancelled",
     .help = "one"},
    {.name = "worker", .type = PARAMETER_ID, .help = "of this worker only"},
    {.name = "from",
     .type = PARAMETER_TEXT,
     .max = 40,
     .help = "planned start; from the store"},
    {.name = "to", .type = PARAMETER_TEXT, .max = 40, .help = "before this; from the store"},
    {.name = "project", .type = PARAMETER_ID, .help = "for this one; from the store"},
    {.name = "recipient", .type = PARAMETER_ID, .help = "of this resident; from the store"},
    {.name = "exception", .type = PARAMETER_ID, .help = "late, missed, ...; from the store"},
    LIMIT,
    AFTER,
    END,
};

#define ORG                                                                      \
    {                                                                            \
        .name = "org", .type = PARAMETER_ID, .help = "of this organisation only" \
    }
#define STATE                                                        \
    {                                                                \
        .name = "state", .type = PARAMETER_ID, .help = "in this one" \
    }
#define ARCHIVED                                                                   \
    {                                                                              \
        .name = "archived", .type = PARAMETER_CHOICE, .choices = "yes|no",         \
        .help = "yes: from the store, also what was closed long ago, newest first" \
    }

#define OVERDUE                                                           \
    {                                                                     \
        .name = "overdue", .type = PARAMETER_CHOICE, .choices = "yes|no", \
        .help = "yes: whose legal clock has run out"                      \
    }

static const struct parameter entries_parameters[] = {SITE,     OVERDUE, ORG,   DISTRICT, STATE,
                                                      ARCHIVED, LIMIT,   AFTER, END};
static const struct parameter import_parameters[] = {
    {.name = "dry_run",
     .type = PARAMETER_CHOICE,
     .choices = "yes|no",
     .help = "yes: only says what would become of each row"},
    END,
};

static const struct parameter explain_parameters[] = {
    SITE,
    {.name = "device", .type = PARAMETER_ID, .help = "required"},
    {.name = "rule", .type = PARAMETER_ID, .help = "required: name of the rule"},
    {.name = "at", .type = PARAMETER_TEXT, .max = 40, .help = "RFC 3339 or milliseconds; now"},
    END,
};

#include "api/api_routes_cases.h"
#include "api/api_routes_ledger.h"
#include "api/api_routes_registry.h"

static const struct parameter series_parameters[] = {
    SITE,
    {.name = "device", .type = PARAMETER_ID, .help = "required"},
    {.name = "metric", .type = PARAMETER_TEXT, .max = 64, .help = "required: hr, spo2, ..."},
    {.name = "from", .type = PARAMETER_TEXT, .max = 40, .help = "RFC 3339 or milliseconds"},
    {.name = "to", .type = PARAMETER_TEXT, .max = 40, .help = "RFC 3339 or milliseconds"},
    {.name = "points",
     .type = PARAMETER_INT,
     .min = 2,
     .max = 4000,
     .help = "at most so many; more values become pairs of minimum and maximum"},
    END,
};

static const struct parameter stream_parameters[] = {
    {.name = "topics",
     .type = PARAMETER_TEXT,
     .max = 250,
     .help = "of alarms, kpi, marks, visits, series:SITE/DEVICE/METRIC; by comma"},
    {.name = "since",
     .type = PARAMETER_INT,
     .min = 0,
     .max = INT64_MAX,
     .help = "the rev of a list: what came after it is sent first"},
    END,
};

static const struct parameter audit_parameters[] = {
    LIMIT,
    {.name = "after",
     .type = PARAMETER_INT,
     .min = 1,
     .max = INT64_MAX,
     .help = "the \"next\" of the answer before: older lines"},
    END,
};

static const struct parameter person_parameters[] = {
    {.name = "site", .type = PARAMETER_ID, .help = "required: a pseudonym is a site's own"},
    END,
};

static const struct parameter limit_parameters[] = {
    {.name = "site", .type = PARAMETER_ID, .help = "required: a pseudonym is a site's own"},
    {.name = "metric", .type = PARAMETER_ID, .help = "required: hr, spo2, news2, ..."},
    END,
};

static const struct parameter unknown_parameters[] = {SITE, LIMIT, AFTER, END};

#define YES_OR_NO(name_)                                                  \
    {                                                                     \
        .name = name_, .type = PARAMETER_CHOICE, .choices = "true|false", \
        .help = "false: without them"                                     \
    }
static const struct parameter v2_parameters[] = {
    {.name = "filter",
     .type = PARAMETER_MANY,
     .max = 250,
     .help = "a matcher such as alertname=\"help-call\", also != =~ !~; all have to match"},
    YES_OR_NO("active"),
    YES_OR_NO("silenced"),
    YES_OR_NO("inhibited"),
    YES_OR_NO("unprocessed"),
    {.name = "receiver", .type = PARAMETER_TEXT, .max = 250, .help = "not looked at"},
    END,
};

static const struct parameter quarantine_parameters[] = {LIMIT, END};

#define API "/api/v1"
#define V2 "/api/v2"

const struct api_route api_routes[] = {
    {"GET", "/healthz", ROLES_ALL, none, "The process answers", handle_healthz},
    {"GET", "/readyz", ROLES_ALL, none, "Journal, store and brokers are usable, or 503 why not",
     handle_readyz},
    {"GET", "/metrics", ROLE_METRICS | ROLE_SUPERVISOR | ROLE_ADMIN, none,
     "Metrics in Prometheus' text format", handle_metrics},
    {"GET", "/map.geojson", ROLES_ALL, none,
     "The operator's outline of the districts as GeoJSON, or 204", handle_map_outline},
    {"GET", API "/openapi.json", ROLES_ALL, none, "This document", handle_openapi},
    {"GET", API "/session", ROLES_ALL, none, "Who is signed in", handle_session_get},
    {"POST", API "/session", ROLES_ALL, none, "Sign in: a token for a cookie",
     handle_session_post},
    {"DELETE", API "/session", ROLES_ALL, none, "Sign out", handle_session_delete},
    {"GET", API "/status", ROLES_READ, none,
     "Version, rates, lag, connections, configuration, last errors; little to those of one "
     "site",
     handle_status},
    {"GET", API "/stream", ROLES_READ, stream_parameters,
     "Server-sent events: alarm, kpi, marks, visit, series, consent, reset", handle_stream},
    {"GET", API "/alarms", ROLES_READ, alarms_parameters, "Alarms, most urgent first",
     handle_alarms},
    {"GET", API "/alarms/{id}", ROLES_READ, none, "One alarm", handle_alarm},
    {"GET", API "/alarms/{id}/history", ROLES_READ, none, "Every step of one alarm",
     handle_alarm_history},
    {"GET", API "/alarms/{id}/why", ROLES_READ, none,
     "Why: inputs, thresholds, what was learned, timers, suppressors, routing, deliveries",
     handle_alarm_why},
    {"GET", API "/explain", ROLES_READ, explain_parameters,
     "Why a rule spoke of a device, or why it did not", handle_explain},
    {"GET", API "/rules", ROLES_READ, none,
     "The rules as configured: what each says, to whom it looks, its limits", handle_rules},
    {"POST", API "/alarms", ROLE_DISPATCHER | ROLE_SUPERVISOR, none,
     "Opens one by hand: site, resident, bed or device, kind, priority, text, note, drill",
     handle_alarm_open},
    {"POST", API "/alarms/{id}/ack", ROLE_DISPATCHER | ROLE_SUPERVISOR, none,
     "A person has seen it", handle_alarm_order},
    {"POST", API "/alarms/{id}/unack", ROLE_DISPATCHER | ROLE_SUPERVISOR, none,
     "Takes back what the same person acknowledged within ten seconds", handle_alarm_order},
    {"POST", API "/alarms/{id}/escalate", ROLE_DISPATCHER | ROLE_SUPERVISOR, none,
     "The next step of its chain, now", handle_alarm_order},
    {"POST", API "/alarms/{id}/assign", ROLE_DISPATCHER | ROLE_SUPERVISOR, none,
     "Somebody is sent: assignee", handle_alarm_order},
    {"POST", API "/alarms/{id}/arrive", ROLE_DISPATCHER | ROLE_SUPERVISOR, none,
     "Somebody is on the scene", handle_alarm_order},
    {"POST", API "/alarms/{id}/handover", ROLE_DISPATCHER | ROLE_SUPERVISOR, none,
     "To 120, 119, 110: to, answerer", handle_alarm_order},
    {"POST", API "/alarms/{id}/shelve", ROLE_SUPERVISOR, none,
     "Puts it aside: note, until or for (8 hours at most); never high ones and calls",
     handle_alarm_order},
    {"POST", API "/alarms/{id}/unshelve", ROLE_SUPERVISOR | ROLE_DISPATCHER, none,
     "Back from the shelf", handle_alarm_order},
    {"POST", API "/alarms/{id}/close", ROLE_DISPATCHER | ROLE_SUPERVISOR, none,
     "It is done: cause, note", handle_alarm_order},
    {"POST", API "/alarms/{id}/note", ROLE_DISPATCHER | ROLE_SUPERVISOR, none,
     "Words, nothing else", handle_alarm_order},
    {"GET", API "/alarms/{id}/person", ROLE_DISPATCHER | ROLE_SUPERVISOR | ROUTE_AUDITED, none,
     "Who the alarm is about, for the seat that has acknowledged it or was sent: name, phone, "
     "address, contacts, last activity; each look is in the audit",
     handle_alarm_person},
    {"GET", API "/causes", ROLES_READ, none, "What alarms are closed with", handle_causes},
    {"GET", API "/load", ROLES_STAFF, none,
     "Alarms per operator and ten minutes, flood, what is open and overdue; the seat's own",
     handle_load},
    {"GET", API "/incidents", ROLES_READ, incidents_parameters, "What belongs together",
     handle_incidents},
    {"GET", API "/incidents/{id}", ROLES_READ, none, "One incident", handle_incident},
    {"GET", API "/silences", ROLES_READ, silences_parameters,
     "What is not told, and until when", handle_silences},
    {"POST", API "/silences", ROLE_SUPERVISOR, none,
     "Silences what matches: matchers, until or for, from, comment; never high ones and calls",
     handle_silence_post},
    {"DELETE", API "/silences/{id}", ROLE_SUPERVISOR, none, "Ends a silence",
     handle_silence_delete},
    {"GET", API "/maintenance", ROLES_READ, site_parameters,
     "Devices and sites that are being worked on", handle_maintenance},
    {"POST", API "/maintenance", ROLE_SUPERVISOR, none,
     "Begins one: site, device, until or for; calls, smoke and gas go on",
     handle_maintenance_post},
    {"DELETE", API "/maintenance/{id}", ROLE_SUPERVISOR, none, "Ends one",
     handle_maintenance_delete},
    {"GET", API "/rosters", ROLES_STAFF, none, "Who is on duty", handle_rosters},
    {"POST", API "/rosters/{id}/override", ROLE_SUPERVISOR, none,
     "Somebody else, for a time: person, from, until; without person: takes that back",
     handle_roster_override},
    {"GET", API "/statutes", ROLES_ALL, none,
     "What the rules say: duties, lists, schemes, checklist, with their sources",
     handle_statutes},
    CASE_ROUTES LEDGER_ROUTES{"GET", API "/reports/{id}", ROLES_READ, report_parameters,
                              "Figures of a time: response, drills, load; CSV with Accept: "
                              "text/csv",
                              handle_report},
    {"GET", API "/sites", ROLES_READ, sites_parameters, "Sites and their connection",
     handle_sites},
    {"GET", API "/sites/{id}", ROLES_READ, none, "One site with its devices", handle_site},
    {"PUT", API "/sites/{id}", ROLE_SUPERVISOR | ROLE_ADMIN, none,
     "Register a site: kind, district, name, place", handle_site_put},
    {"GET", API "/sites/{id}/devices", ROLES_READ, list_parameters,
     "Its devices with their last values", handle_site_devices},
    {"GET", API "/devices/unknown", ROLES_READ, unknown_parameters,
     "Devices that are heard but in no roster", handle_unknown_devices},
    {"GET", API "/duty/{id}/contact",
     ROLE_SUPERVISOR | ROLE_ADMIN | ROUTE_AUDITED | ROUTE_PERSONAL, none,
     "Where this person of a roster is reached: phone, email", handle_contact},
    {"PUT", API "/duty/{id}/contact", ROLE_SUPERVISOR | ROLE_ADMIN | ROUTE_PERSONAL, none,
     "Sets it: channels that tell the person on duty send there", handle_contact_put},
    {"DELETE", API "/duty/{id}/contact", ROLE_SUPERVISOR | ROLE_ADMIN | ROUTE_PERSONAL, none,
     "Forgets it, in every file", handle_contact_delete},
    {"GET", API "/residents/{id}/name",
     ROLE_SUPERVISOR | ROLE_ADMIN | ROUTE_AUDITED | ROUTE_PERSONAL, person_parameters,
     "Who the pseudonym is, with contacts", handle_name},
    {"PUT", API "/residents/{id}/name", ROLE_SUPERVISOR | ROLE_ADMIN | ROUTE_PERSONAL,
     person_parameters, "Sets name, phone, address, allergies, remark, contacts",
     handle_name_put},
    {"GET", API "/residents/{id}/export",
     ROLE_SUPERVISOR | ROLE_ADMIN | ROUTE_AUDITED | ROUTE_PERSONAL, person_parameters,
     "All that is kept of one resident", handle_resident_export},
    {"POST", API "/residents/{id}/erase", ROLE_SUPERVISOR | ROLE_ADMIN | ROUTE_PERSONAL,
     person_parameters,
     "Forgets who the pseudonym is: name, key, free text in journal, quarantine and store",
     handle_resident_erase},
    {"GET", API "/residents/{id}/limits", ROLES_READ, person_parameters,
     "Limits of this resident's own: who set them, why, until when", handle_limits},
    {"POST", API "/residents/{id}/limits", ROLE_SUPERVISOR, person_parameters,
     "Sets one: metric, low, high, spo2_scale, note, until or for", handle_limit_post},
    {"DELETE", API "/residents/{id}/limits", ROLE_SUPERVISOR, limit_parameters,
     "Takes one back: the rules' limits hold again", handle_limit_delete},
    {"GET", API "/sites/{id}/visits", ROLES_READ, visits_parameters + 1, "Its visits",
     handle_site_visits},
    REGISTRY_ROUTES{
        "POST", API "/import/{id}", ROLE_SUPERVISOR | ROLE_ADMIN, import_parameters,
        "Register rows of one kind: areas, organisations, sites, residents, staff, beds, "
        "tenancies, projects; each gets its verdict",
        handle_import},
    {"GET", API "/visits", ROLES_READ, visits_parameters, "Service orders", handle_visits},
    {"GET", API "/handover", ROLES_READ, none,
     "Sheet for the change of shift: overdue, open, put aside, visits, sites unseen; also as "
     "text/csv and text/markdown",
     handle_handover},
    {"GET", API "/series", ROLES_READ, series_parameters,
     "Recent values of one metric of one device, in columns", handle_series},
    {"GET", API "/quarantine", ROLE_SUPERVISOR | ROLE_ADMIN | ROUTE_AUDITED,
     quarantine_parameters, "The newest refused payloads", handle_quarantine},
    {"GET", API "/audit", ROLE_SUPERVISOR | ROLE_ADMIN | ROUTE_AUDITED, audit_parameters,
     "Who did what, when, from where and why; newest first", handle_audit},
    {"GET", V2 "/status", ROLES_READ, none, "Alertmanager's API: who we are", handle_v2_status},
    {"GET", V2 "/alerts", ROLES_READ, v2_parameters,
     "Alertmanager's API: what fires, by label and state", handle_v2_alerts},
    {"POST", V2 "/alerts", ROLE_DISPATCHER | ROLE_SUPERVISOR | ROLE_ADMIN | ROUTE_MACHINE, none,
     "Alerts of a Prometheus become alarms until they end or are not said again",
     handle_v2_alerts_post},
    {"GET", V2 "/silences", ROLES_READ, v2_parameters, "Alertmanager's API: silences",
     handle_v2_silences},
    {"POST", V2 "/silences", ROLE_SUPERVISOR, none, "Adds a silence; never over high alarms",
     handle_v2_silences_post},
    {"GET", V2 "/silence/{id}", ROLES_READ, none, "One silence", handle_v2_silence},
    {"DELETE", V2 "/silence/{id}", ROLE_SUPERVISOR, none, "Ends a silence",
     handle_v2_silence_delete},
    {.method = NULL},
};

int api_routes_check(const struct api_route *route, struct cw_error *err)
{
    for (; route->method; route++) {
        if ((route->roles & ROLE_MASK) == 0)
            return err_set(err, -EINVAL, "the route %s %s has no role rule", route->method,
                           route->pattern);
        if (!route->handle || !route->summary || !route->parameter)
            return err_set(err, -EINVAL, "the route %s %s is incomplete", route->method,
                           route->pattern);
    }
    return 0;
}

/* Does the path match "/a/{id}/b"? */
static bool matches(const char *pattern, struct cw_str path, char id[MAX_ID + 1])
{
    struct cw_str want = str_of(pattern), a, b;
    while (str_split(&want, '/', &a)) {
        if (!str_split(&path, '/', &b))
            return false;
        if (str_is(a, "{id}")) {
            if (!id_valid(b) || !str_copy(id, MAX_ID + 1, b))
                return false;
        } else if (!str_eq(a, b)) {
            return false;
        }
    }
    return path.n == 0;
}

const struct api_route *api_route_find(struct cw_str method, struct cw_str path,
                                       char id[MAX_ID + 1], char *allow, size_t allow_cap)
{
    struct cw_str wanted = str_is(method, "HEAD") ? CW_STR("GET") : method;
    struct buf methods;
    const struct api_route *found = NULL;
    buf_init(&methods, allow_cap - 1);
    id[0] = allow[0] = '\0';
    if (path.n == 0 || path.p[path.n - 1] == '/')
        return NULL;
    for (const struct api_route *r = api_routes; r->method && !found; r++) {
        if (!matches(r->pattern, path, id))
            continue;
        if (str_is(wanted, r->method)) {
            found = r;
            break;
        }
        buf_printf(&methods, "%s%s%s", methods.n ? ", " : "", r->method,
                   strcmp(r->method, "GET") == 0 ? ", HEAD" : "");
    }
    if (!found)
        (void)str_copy(allow, allow_cap, buf_str(&methods));
    buf_done(&methods);
    return found;
}

bool choice_has(const char *choices, struct cw_str word)
{
    struct cw_str rest = str_of(choices), one;
    while (str_split(&rest, '|', &one)) {
        if (str_eq(one, word))
            return true;
    }
    return false;
}

static int value_check(const struct parameter *p, const char *value, struct cw_error *err)
{
    struct cw_str text = str_of(value);
    int64_t number = 0;
    switch (p->type) {
    case PARAMETER_ID:
        if (!id_valid(text))
            return err_set(err, -EINVAL, "%s=\"%.60s\" is not an id", p->name, value);
        return 0;
    case PARAMETER_MANY:
    case PARAMETER_TEXT:
        if (text.n > (size_t)p->max || !utf8_valid(text))
            return err_set(err, -EINVAL, "%s is too long or not UTF-8", p->name);
        return 0;
    case PARAMETER_INT:
        if (num_parse_i64(text, &number) < 0 || number < p->min || number > p->max)
            return err_set(err, -EINVAL, "%s=\"%.60s\" is not a number from %lld to %lld",
                           p->name, value, (long long)p->min, (long long)p->max);
        return 0;
    case PARAMETER_CHOICE:
        if (!choice_has(p->choices, text))
            return err_set(err, -EINVAL, "%s=\"%.60s\" is none of %s", p->name, value,
                           p->choices);
        return 0;
    }
    return 0;
}

int parameters_read(struct exchange *exchange, struct cw_error *err)
{
    struct cw_str rest = exchange->request->query;
    char key[64], value[MAX_VALUE];
    int r;
    while ((r = http_query_next(&rest, key, sizeof(key), value, sizeof(value))) > 0) {
        const struct parameter *p = exchange->route->parameter;
        size_t i = 0;
        while (p[i].name && strcmp(p[i].name, key) != 0)
            i++;
        if (!p[i].name)
            return err_set(err, -EINVAL, "the parameter \"%s\" is not known here", key);
        if (exchange->value[i][0] != '\0' && p[i].type != PARAMETER_MANY)
            return err_set(err, -EINVAL, "the parameter \"%s\" is given twice", key);
        if (value[0] == '\0')
            continue; /* "site=": as if it was not there */
        if (value_check(&p[i], value, err) < 0)
            return -EINVAL;
        (void)str_copy(exchange->value[i], MAX_VALUE, str_of(value));
    }
    if (r < 0)
        return err_set(err, -EINVAL, "the query is badly escaped or too long");
    return 0;
}

const char *parameter(const struct exchange *exchange, const char *name)
{
    const struct parameter *p = exchange->route->parameter;
    for (size_t i = 0; p[i].name; i++) {
        if (strcmp(p[i].name, name) == 0)
            return exchange->value[i];
    }
    return "";
}

int64_t parameter_int(const struct exchange *exchange, const char *name, int64_t fallback)
{
    int64_t value = fallback;
    const char *text = parameter(exchange, name);
    if (text[0] != '\0')
        (void)num_parse_i64(str_of(text), &value);
    return value;
}

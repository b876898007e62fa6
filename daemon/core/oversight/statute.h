/*
 * statute.h - what a city's rules say, as data of the configuration: which duties there are
 * and when they are due, which lists of organisations, by which schemes is graded. Each names
 * its source, since rules change and cities have their own. Built by io/config_oversight.c.
 */
#ifndef CORE_OVERSIGHT_STATUTE_H
#define CORE_OVERSIGHT_STATUTE_H

#include <stdbool.h>
#include <stdint.h>

#include <carewatch/str.h>

/* What has to be filed or done once in each of its periods. */
struct duty_rule {
    const char *name;  /* "annual_report" */
    const char *title; /* as it is shown */
    const char *source;
    const char *of;               /* organisation, site */
    const char *types;            /* of them, "a|b", also "station.*"; "" all */
    const char *const *due;       /* dates of a year, "05-31"; in order */
    int32_t is_of_previous;       /* the period is the year before that of the due date */
    int32_t to_working_day;       /* a due date that is none moves to the next one */
    int32_t is_judged;            /* the department gives a result */
    int64_t open_days;            /* known so long before it is due */
    const char *registered_until; /* "06-30": only who was by then in the period's year */
    const char *done_by;          /* event of the site that fulfils it; "" it is filed */
    const char *kind;             /* ... of this kind; "" any */
};

/* A list of organisations and its legal clocks. */
struct list_rule {
    const char *name;  /* "abnormal" */
    const char *title; /* as it is shown */
    const char *source, *clause;
    int32_t is_honour;      /* red: no sanction */
    int32_t is_public;      /* what counts may be read by anybody */
    int32_t ends_by_itself; /* at the end of its period, not only on application */
    int32_t restarts;       /* what is decided anew while it counts begins its period anew */
    int64_t answer_days;    /* working days between notice and counting; 0 none */
    int64_t objection_days; /* working days until an objection is decided */
    int64_t months;         /* how long it counts; 0 until removed */
    int64_t repair_months;  /* before that repair cannot be asked for */
    int64_t repair_days;    /* working days until a request for repair is decided */
    const char *leads_to;   /* list that is suggested after leads_months on this one */
    int64_t leads_months;   /* 0: none */
    const char *const *measures; /* what follows: joint measures */
};

#define MAX_SECTIONS 12
#define MAX_GRADES 8
struct scheme_section {
    char name[48];
    double max;
};
struct scheme_grade {
    char name[16];
    double total, each; /* points in all; part of every section */
};

/* How organisations or institutions are graded. Several of one name are its versions: what is
 * published is judged by the one in force then. */
struct scheme {
    const char *name;
    const char *title;
    const char *source;
    const char *in_force;                        /* date; "" ever */
    const char *types;                           /* of organisations or sites, "a|b"; "" all */
    const char *const *sections, *const *grades; /* as written; parsed below */
    const char *valid;                           /* from_publication, calendar_years */
    int64_t years;                               /* 0: as published says */
    int64_t panel;                               /* so many members at least */
    int64_t registered_years;                    /* before that nobody is graded */
    const char *const *excludes;
    struct scheme_section section[MAX_SECTIONS];
    struct scheme_grade grade[MAX_GRADES]; /* best first */
    uint32_t n_sections, n_grades;
};

/* What an inspector looks at, and where that is written. */
struct check_item {
    const char *name;   /* "exits" */
    const char *domain; /* of inspections */
    const char *clause; /* what a finding of it names */
    const char *text, *text_en;
};

struct ruleset;
const struct duty_rule *duty_rule_find(const struct ruleset *rules, struct cw_str name);
const struct list_rule *list_rule_find(const struct ruleset *rules, struct cw_str name);
/* The version in force on a day (since 1970); NULL: it is not known. */
const struct scheme *scheme_find(const struct ruleset *rules, struct cw_str name, int64_t day);
/* Is the word one of "a|b|c.*"? "" has all. */
bool statute_has(const char *types, struct cw_str word);
/* "05-31" in a year, as a day since 1970; false when it is no date. 02-29 is the last of
 * February. */
bool statute_date(const char *month_day, int year, int64_t *day);

#endif

/*
 * config_private.h - what the files of the configuration share; nobody else includes it.
 *
 *   files --config_source--> one text --config_tree (libconfig)--> tree of nodes
 *   environment, -p --config_override--> the same tree
 *   tree --config_read, by option tables--> structs of config.h
 *        config_lists: brokers, sources, sites, channels, routes
 *        config_calendar: the zone, schedules; config_duty: rosters, escalations
 *        config_oversight: duties, lists of organisations, schemes
 *        config_rules: rules; config_builtin: the rules that always exist
 *   structs --config_print--> text or JSON; tables --config_reference--> conf/carewatch.conf
 *
 * Every step reports its mistakes and goes on, so that a person sees all of them at once.
 */
#ifndef IO_CONFIG_PRIVATE_H
#define IO_CONFIG_PRIVATE_H

#include "io/config.h"

/* ---- the tree ---- */

enum node_type {
    NODE_GROUP = 1,
    NODE_LIST, /* a list or an array */
    NODE_TEXT,
    NODE_INT,
    NODE_REAL,
    NODE_BOOL,
    NODE_WORD, /* from the environment or the command line: the option's type decides */
};

struct node {
    const char *name; /* NULL in a list */
    enum node_type type;
    const char *file; /* NULL: not from a file, then origin says from where */
    int line;
    const char *origin; /* "-p mqtt.url", "CAREWATCH_MQTT_URL", or NULL */
    struct cw_str text; /* of a scalar */
    struct node *first, *last, *next;
    unsigned n_children;
};

struct node *node_child(const struct node *parent, const char *name); /* or NULL */

/* ---- the load in progress ---- */

struct chunk;
struct loader {
    struct config_mistake *mistake; /* collected, so that they can be told in order */
    size_t n_mistakes, n_untold;
    struct chunk *chunks;
    bool from_text;    /* a recorded configuration: no files, no secrets */
    const char *file;  /* the main file, or NULL */
    struct node *root; /* a group; never NULL once parsing is over */
};

/* Memory that lives as long as the loader. */
void *loader_alloc(struct loader *loader, size_t n);
char *loader_copy(struct loader *loader, struct cw_str s);
size_t mistakes_so_far(const struct loader *loader);
/* Notes a mistake at a node (NULL: the configuration as a whole). */
void mistake_at(struct loader *loader, const struct node *node, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void mistake_line(struct loader *loader, const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* ---- config_source.c ---- */

struct source_line {
    const char *file;
    int line;
};
/* The main file with its includes spliced in, and where each line came from. */
struct source_text {
    struct buf text;
    struct source_line *line; /* line[i] is line i + 1 of text */
    size_t n_lines, cap_lines;
};
/* Mistakes are noted; false when there is nothing to parse. */
bool source_read_file(struct loader *loader, const char *path, struct source_text *source);
bool source_read_text(struct loader *loader, struct cw_str text, struct source_text *source);
void source_done(struct source_text *source);
/* A small file as one text (secrets, includes). 0 or negative errno. */
int source_slurp(const char *path, size_t max, struct buf *out);

/* ---- config_tree.c ---- */

/* Parses into loader->root; after a syntax error the root is an empty group. */
void tree_parse(struct loader *loader, struct source_text *source);
struct node *tree_new_node(struct loader *loader, struct node *parent, const char *name,
                           enum node_type type);

/* ---- config_override.c ---- */

void override_environment(struct loader *loader, char **environment);
void override_command_line(struct loader *loader, const char *const *p, size_t n_p);

/* ---- config_read.c ---- */

/* A table and where its values go. */
struct binding {
    const struct cw_option *table;
    void *self;
};
/* Sets presets, then what the group says (NULL: nothing), then secrets. `path` names the
 * group in mistakes ("mqtt", "rules.spo2-low"); names in `others` (may be NULL) are left to
 * the caller. Texts that stay unset become "" unless the table is a plugin's. */
void read_group(struct loader *loader, const struct node *group, const char *path,
                const struct binding *binding, size_t n_bindings, const char *const *others);
/* The same without setting presets: over what is there already. */
void read_group_over(struct loader *loader, const struct node *group, const char *path,
                     const struct binding *binding, size_t n_bindings,
                     const char *const *others);
/* A text member that decides how the rest is read; NULL (and a mistake if it is required or
 * of a wrong type). Borrowed from the tree. */
const char *read_text_member(struct loader *loader, const struct node *group, const char *path,
                             const char *name, bool required);
/* The list of that name at the root or in a section; NULL if absent or not a list of groups
 * (a mistake). */
const struct node *read_list(struct loader *loader, const struct node *parent,
                             const char *name);
void fill_empty_texts(const struct cw_option *table, void *self);
/* 1-based index of `text` in "a|b|c"; 0 if it is not there. */
unsigned choice_index(const char *choices, const char *text);
/* Options by name over several tables. */
const struct cw_option *binding_find(const struct binding *binding, size_t n, const char *name,
                                     void **self);

/* ---- what stands behind a struct config ---- */

struct registry_section {
    const char *unknown_sites;
};
struct calendar_section {
    const char *zone, *zone_rule;
    const char *const *zone_changes;
};
struct schedule_words {
    const char *name;
    const char *const *spans;
};
struct roster_words {
    const char *name, *from, *when, *otherwise;
    const char *const *members, *const *channel;
    int64_t rotate_ns;
};
struct chain_words {
    const char *name, *site, *district, *kind, *priority, *category;
    const char *const *steps;
    int64_t repeat_ns, ack_for_ns, persons;
};
struct inhibition_words {
    const char *name;
    const char *const *source, *const *target, *const *equal;
};
struct rule_words { /* a rule as it was written */
    const char *name, *detector, *kind, *priority, *category, *risk, *site, *device;
    const char *against;
    const char *condition, *fold;
    const char *text_zh, *text_en, *action_zh, *action_en;
    const char *when;
    const char *const *unless;
    int64_t after_ns, unless_for_ns, rise_ns, sink_ns;
    int32_t pages_late;
};
struct source_words {
    const char *topic, *metric, *decoder;
};
struct kept;
struct config_whole {
    struct config config; /* first: a struct config is the start of one of these */
    struct registry_section registry;
    struct calendar_section calendar;
    struct schedule_words *schedule_words; /* beside config.rules.schedule */
    struct roster_words *roster_words;
    struct chain_words *chain_words;
    struct inhibition_words *inhibition_words;
    struct rule_words *rule_words;     /* beside config.rules.rule */
    struct source_words *source_words; /* beside config.rules.source */
    struct kept *kept;
};
struct config_whole *config_whole_of(struct config *config);
const struct config_whole *config_whole_of_const(const struct config *config);
/* Remembers that `self` holds values of `table` (may be NULL) and, for a plugin's instance,
 * that it is to be closed and freed; for config_free(). */
void config_keep(struct config_whole *whole, const struct cw_option *table, void *self);
void config_keep_instance(struct config_whole *whole, const struct cw_plugin *plugin,
                          void *self);
/* Memory freed by config_free(). */
void *config_keep_array(struct config_whole *whole, size_t n, size_t size);

/* A section made of one table; several may share a name. */
struct section {
    const char *name, *help;
    const struct cw_option *table;
    size_t offset; /* in struct config_whole */
};
extern const struct section config_sections[]; /* ends with a NULL name */
/* Names at the root that are no plain section: lists. */
extern const char *const config_root_lists[];
/* What tables cannot say: rules between options. */
void sections_check(struct loader *loader, struct config_whole *whole);

/* ---- config_lists.c, config_rules.c, config_builtin.c ---- */

extern const struct cw_option source_options[], door_place_options[], site_options[],
    channel_options[], route_options[];
void lists_read(struct loader *loader, struct config_whole *whole);

/* config_doors.c: doors are read before the brokers that name them; `owner` is the broker of
 * each, filled broker by broker. */
void config_read_doors(struct loader *loader, struct config_whole *whole);
void config_check_broker_door(struct loader *loader, const struct node *item, const char *path,
                              const struct config *config,
                              const struct mqtt_broker_options *broker,
                              const struct node *owner[MAX_DOORS]);
void config_check_doors(struct loader *loader, const struct config *config,
                        const struct node *const owner[MAX_DOORS]);
size_t list_length(const struct node *list);
/* "LIST.NAME", or "LIST.i" without a name: how mistakes call item i. */
const char *list_item_path(struct loader *loader, const char *list, const char *name, size_t i);
/* Reads an item of a list by one table. */
void list_read_item(struct loader *loader, struct config_whole *whole, const struct node *item,
                    const char *path, const struct cw_option *table, void *self,
                    const char *const *others);

/* A list whose items are read by one table of options, and then looked at one by one. */
struct list_table {
    const char *name;
    const struct cw_option *options;
    size_t size;     /* of an item */
    size_t array_at; /* where the pointer to the items is, in struct config_whole */
    /* What is made of the words of each item: the same of the array beside it; size 0: none. */
    size_t made_size, made_at;
    size_t n_spare; /* room in both behind the list's own, for presets */
    bool is_named;  /* items have a "name", and are called by it in mistakes */
    /* Behind each item: mistakes, counts, what follows from it. Those before it are read. */
    void (*look)(struct loader *loader, struct config_whole *whole, const struct node *item,
                 const char *path, size_t i);
};
#define IN_CONFIG(member) offsetof(struct config_whole, config.member)
#define IN_WHOLE(member) offsetof(struct config_whole, member)
/* Reads all of it; the list's node, or NULL when the file has none. */
const struct node *list_read_table(struct loader *loader, struct config_whole *whole,
                                   const struct list_table *table);

/* ---- config_calendar.c ---- */

extern const struct cw_option calendar_options[], schedule_options[];
void map_read(struct loader *loader, struct config_whole *whole);
void calendar_read(struct loader *loader, struct config_whole *whole);

/* ---- config_duty.c ---- */

extern const struct cw_option roster_options[], chain_options[];
/* Behind channels and schedules. */
void duty_read(struct loader *loader, struct config_whole *whole);
/* ---- config_oversight.c ---- */

extern const struct cw_option duty_rule_options[], list_rule_options[], scheme_options[],
    check_options[], partner_options[];
void oversight_read(struct loader *loader, struct config_whole *whole);

/* The one of that name among the first n channels, or NULL. */
const struct channel *channel_find(const struct config *config, size_t n, const char *name);
/* "a|b": every part one of the choices. */
void check_parts(struct loader *loader, const struct node *item, const char *path,
                 const char *key, const char *value, const char *choices);

/* ---- config_inhibit.c ---- */

extern const struct cw_option inhibition_options[];
void inhibitions_read(struct loader *loader, struct config_whole *whole);

extern const struct cw_option rule_options[];         /* every rule */
extern const struct cw_option rule_builtin_options[]; /* detectors of config_builtin.c */
extern const struct cw_option rule_text_options[], rule_action_options[];
void rules_read(struct loader *loader, struct config_whole *whole);
/* config_gate.c: `when` and `unless` of a rule; what a fingerprint needs of them. */
void gate_read(struct loader *loader, struct config_whole *whole, const struct node *item,
               const char *path, const struct rule_words *words, struct rule *rule);
void gate_print(const struct config_whole *whole, const struct rule *rule, struct buf *out);
/* A plugin by name, or a mistake that names the known ones. `what` is the key in `item`;
 * `also` (may be NULL) names what is known besides plugins. NULL after a mistake. */
const struct cw_plugin *plugin_or_mistake(struct loader *loader, const struct node *item,
                                          const char *path, enum cw_plugin_kind kind,
                                          const char *what, const char *name, const char *also);
/* An instance with the group's options (NULL: presets), read together with `more` (tables of
 * the host). Kept for config_free(). NULL after a mistake. */
void *plugin_instance(struct loader *loader, struct config_whole *whole,
                      const struct cw_plugin *plugin, const struct node *group,
                      const char *path, const struct binding *more, const char *const *others);

struct builtin_rule {
    const char *name, *detector, *condition, *priority, *category, *after;
    const char *text_zh, *text_en, *action_zh, *action_en;
};
extern const struct builtin_rule builtin_rules[]; /* ends with a NULL name */
size_t n_builtin_rules(void);
const struct builtin_rule *builtin_rule_find(const char *detector, const char *condition);
bool builtin_detector(const char *detector); /* supervision, visit, system */

/* ---- config_print.c ---- */

void print_rule(const struct config_whole *whole, uint32_t i, struct buf *out);
void print_value(const struct cw_option *option, const void *self, struct buf *out);

#endif

/*
 * config_lists.c - what there can be several of: brokers, sources, sites, channels, routes;
 * and the decoders and the encoder the fold is given.
 */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/option.h"
#include "base/str.h"
#include "base/units.h"
#include "io/config_private.h"
#include "io/plugin_load.h"

#define AT(type, field) (uint32_t) offsetof(struct type, field)

const struct cw_option source_options[] = {
    {"topic", CW_OPT_TEXT, AT(source_words, topic), 0, 0, CW_REQUIRED,
     "MQTT filter of the messages this is about; the first source that matches counts", NULL},
    {"metric", CW_OPT_TEXT, AT(source_words, metric), 0, 0, CW_OPTIONAL,
     "what a payload that is a bare number measures", NULL},
    {"decoder", CW_OPT_TEXT, AT(source_words, decoder), 0, 0, CW_OPTIONAL,
     "how payloads are read; left out: recognised by their shape", NULL},
    {0},
};

const struct cw_option site_options[] = {
    {"site", CW_OPT_TEXT, AT(configured_site, site), 0, 0, CW_REQUIRED, "id, as in the topic",
     NULL},
    {"kind", CW_OPT_TEXT, AT(configured_site, kind), 0, 0, CW_REQUIRED,
     "institution, home, station.health (or another station), base, organisation, dispatch, "
     "department, provider",
     NULL},
    {"district", CW_OPT_TEXT, AT(configured_site, district), 0, 0, CW_OPTIONAL,
     "id of the district", NULL},
    {"name", CW_OPT_TEXT, AT(configured_site, name), 0, 0, CW_OPTIONAL,
     "public name of the place", NULL},
    {"lat", CW_OPT_REAL, AT(configured_site, lat), -90, 90, CW_OPTIONAL, "latitude, WGS-84",
     NULL},
    {"lon", CW_OPT_REAL, AT(configured_site, lon), -180, 180, CW_OPTIONAL, "longitude, WGS-84",
     NULL},
    {0},
};

const struct cw_option channel_options[] = {
    {"name", CW_OPT_TEXT, AT(channel, name), 0, 0, CW_REQUIRED, "id, for routes", NULL},
    {"timeout", CW_OPT_TIME, AT(channel, timeout_ns), 0.1, 300, "10s",
     "an answer that takes longer is none", NULL},
    {"max_backoff", CW_OPT_TIME, AT(channel, max_backoff_ns), 1, 86400, "5m",
     "longest wait between two tries", NULL},
    {"give_up", CW_OPT_TIME, AT(channel, give_up_ns), 60, 31536000, "1d",
     "what could not be told for so long is not told any more", NULL},
    {"rate", CW_OPT_TEXT, AT(channel, rate), 0, 0, CW_OPTIONAL,
     "most messages in a time, such as 20/1m, or none; left out: what the notifier's target "
     "bears",
     NULL},
    {"burst", CW_OPT_INT, AT(channel, burst), 1, 100000, CW_OPTIONAL,
     "messages at once, a quarter of them kept for high alarms; left out: a quarter of the "
     "rate, at most 4",
     NULL},
    {"resend", CW_OPT_TEXT, AT(channel, resend), 0, 0, CW_OPTIONAL,
     "how often an alarm that holds is sent again, or none; left out: what the notifier's "
     "target "
     "needs",
     NULL},
    {"test_every", CW_OPT_TIME, AT(channel, test_every_ns), 0, 31536000, "31d",
     "a channel that no drill went through for so long is an alarm; 0s: never", NULL},
    {"digest", CW_OPT_INT, AT(channel, digest), 0, 100, "3",
     "where a rate holds back as many messages that are not of high alarms, they become one; "
     "0: "
     "never",
     NULL},
    {0},
};

const struct cw_option route_options[] = {
    {"priority", CW_OPT_TEXT, AT(route, priority), 0, 0, CW_OPTIONAL,
     "such as \"high|medium\"; left out: all", NULL},
    {"category", CW_OPT_TEXT, AT(route, category), 0, 0, CW_OPTIONAL,
     "such as \"physiological|safety\"; left out: all", NULL},
    {"site", CW_OPT_TEXT, AT(route, site), 0, 0, CW_OPTIONAL,
     "an id, or a prefix that ends in *; left out: all", NULL},
    {"district", CW_OPT_TEXT, AT(route, district), 0, 0, CW_OPTIONAL,
     "an id, or a prefix that ends in *; left out: all", NULL},
    {"channel", CW_OPT_LIST, AT(route, channel), 0, 0, CW_REQUIRED, "names of channels", NULL},
    {"changes", CW_OPT_LIST, AT(route, changes), 0, 0, "raised,repeated,cleared",
     "which changes of an alarm are told",
     "raised|repeated|cleared|acked|closed|notified|partly_acked|unacked|escalated|assigned|"
     "arrived|handed_over|shelved|unshelved|suppressed|unsuppressed|regraded|noted"},
    {0},
};

size_t list_length(const struct node *list)
{
    return list ? list->n_children : 0;
}

const char *list_item_path(struct loader *loader, const char *list, const char *name, size_t i)
{
    char path[160];
    if (name && name[0])
        (void)snprintf(path, sizeof(path), "%s.%.100s", list, name);
    else
        (void)snprintf(path, sizeof(path), "%s.%zu", list, i);
    return loader_copy(loader, str_of(path));
}

void list_read_item(struct loader *loader, struct config_whole *whole, const struct node *item,
                    const char *path, const struct cw_option *table, void *self,
                    const char *const *others)
{
    config_keep(whole, table, self);
    struct binding binding = {table, self};
    read_group(loader, item, path, &binding, 1, others);
    fill_empty_texts(table, self);
}

/* An array for `n` of them, whose address is put where the table says. */
static char *list_room(struct config_whole *whole, size_t n, size_t size, size_t at)
{
    char *items = config_keep_array(whole, n, size);
    memcpy((char *)whole + at, &items, sizeof(items));
    return items;
}

const struct node *list_read_table(struct loader *loader, struct config_whole *whole,
                                   const struct list_table *table)
{
    const struct node *list = read_list(loader, loader->root, table->name);
    size_t n = list_length(list);
    char *items = list_room(whole, n + table->n_spare, table->size, table->array_at);
    if (table->made_size)
        (void)list_room(whole, n + table->n_spare, table->made_size, table->made_at);
    const struct node *item = list ? list->first : NULL;
    for (size_t i = 0; i < n; i++, item = item->next) {
        const char *name =
            table->is_named ? read_text_member(loader, item, table->name, "name", false) : NULL;
        const char *path = list_item_path(loader, table->name, name, i);
        list_read_item(loader, whole, item, path, table->options, items + i * table->size,
                       NULL);
        table->look(loader, whole, item, path, i);
    }
    return list;
}

/* ---- brokers ---- */

/* '+' and '#' stand alone in their level, '#' only in the last. */
static bool filter_valid(const char *filter)
{
    if (!filter[0] || strlen(filter) > 512)
        return false;
    struct cw_str rest = str_of(filter), level;
    bool ended = false;
    while (str_split(&rest, '/', &level)) {
        if (ended)
            return false;
        bool wild = memchr(level.p, '+', level.n) || memchr(level.p, '#', level.n);
        if (wild && level.n != 1)
            return false;
        ended = level.n == 1 && level.p[0] == '#';
    }
    return true;
}

/* "" is no broker: for a try without one. */
static bool broker_url_valid(const char *url)
{
    static const char *const schemes[] = {"tcp://",   "mqtt://", "ssl://",
                                          "mqtts://", "ws://",   "wss://"};
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t n = strlen(schemes[i]);
        if (strncmp(url, schemes[i], n) == 0)
            return url[n] != '\0' && url[n] != ':' && !strpbrk(url + n, " \t\r\n");
    }
    return url[0] == '\0';
}

static void check_filters(struct loader *loader, const struct node *item, const char *path,
                          const char *key, const char *const *filter)
{
    for (; filter && *filter; filter++) {
        if (!filter_valid(*filter))
            mistake_at(loader, node_child(item, key), "%s.%s: \"%.100s\" is no MQTT filter",
                       path, key, *filter);
    }
}

static void check_broker(struct loader *loader, const struct node *item, const char *path,
                         const struct mqtt_broker_options *broker)
{
    if (!item || loader->from_text)
        return;
    if (broker->url && !broker_url_valid(broker->url))
        mistake_at(loader, node_child(item, "url"),
                   "%s.url begins with tcp:// or ssl:// and names a host, not \"%.100s\"", path,
                   broker->url);
    check_filters(loader, item, path, "topics_events", broker->topics_events);
    check_filters(loader, item, path, "topics_data", broker->topics_data);
}

static void read_brokers(struct loader *loader, struct config_whole *whole)
{
    static const char *const others[] = {"brokers", NULL};
    const struct node *group = node_child(loader->root, "mqtt");
    const struct node *list = NULL, *owner[MAX_DOORS] = {NULL};
    if (node_child(group, "brokers"))
        list = read_list(loader, group, "brokers");
    size_t n = 1 + list_length(list);
    struct mqtt_broker_options *broker = config_keep_array(whole, n, sizeof(*broker));
    whole->config.mqtt = broker;
    whole->config.n_mqtt = n;
    list_read_item(loader, whole, group, "mqtt", mqtt_options, &broker[0], others);
    check_broker(loader, group, "mqtt", &broker[0]);
    config_check_broker_door(loader, group, "mqtt", &whole->config, &broker[0], owner);
    const struct node *item = list ? list->first : NULL;
    for (size_t i = 1; i < n; i++, item = item->next) {
        const char *path = list_item_path(loader, "mqtt.brokers", NULL, i - 1);
        list_read_item(loader, whole, item, path, mqtt_options, &broker[i], NULL);
        check_broker(loader, item, path, &broker[i]);
        config_check_broker_door(loader, item, path, &whole->config, &broker[i], owner);
    }
    config_check_doors(loader, &whole->config, owner);
}

/* ---- plugins that are not named by rules ---- */

void *plugin_instance(struct loader *loader, struct config_whole *whole,
                      const struct cw_plugin *plugin, const struct node *group,
                      const char *path, const struct binding *more, const char *const *others)
{
    void *self = xcalloc(1, plugin->self_size ? plugin->self_size : 1);
    struct binding binding[2] = {{plugin->option, self}};
    size_t n = 1;
    if (more)
        binding[n++] = *more;
    size_t before = mistakes_so_far(loader);
    read_group(loader, group, path, binding, n, others);
    struct cw_error err = {""};
    if (mistakes_so_far(loader) == before && plugin->open && plugin->open(self, &err) != 0)
        mistake_at(loader, group, "%s: %s", path, err.text);
    if (mistakes_so_far(loader) == before) {
        config_keep_instance(whole, plugin, self);
        return self;
    }
    option_free(plugin->option, self);
    free(self);
    return NULL;
}

static bool needs_options(const struct cw_plugin *plugin)
{
    for (const struct cw_option *option = plugin->option; option && option->name; option++) {
        if (option->preset == CW_REQUIRED)
            return true;
    }
    return false;
}

static void add_decoder(struct loader *loader, struct config_whole *whole,
                        const struct cw_plugin *plugin, const struct cw_plugin **decoder,
                        void **self)
{
    struct ruleset *rules = &whole->config.rules;
    for (uint32_t i = 0; i < rules->n_decoders; i++) {
        if (decoder[i] == plugin)
            return;
    }
    void *instance = plugin_instance(loader, whole, plugin, NULL, plugin->name, NULL, NULL);
    if (!instance)
        return;
    decoder[rules->n_decoders] = plugin;
    self[rules->n_decoders++] = instance;
}

/* All decoders, "json" first: it also reads events and commands. */
static void read_codecs(struct loader *loader, struct config_whole *whole)
{
    size_t n = 0;
    while (plugin_at(n))
        n++;
    struct ruleset *rules = &whole->config.rules;
    const struct cw_plugin **decoder = config_keep_array(whole, n + 1, sizeof(void *));
    void **self = config_keep_array(whole, n + 1, sizeof(void *));
    const struct cw_plugin *json = plugin_find(CW_DECODER, "json");
    if (json)
        add_decoder(loader, whole, json, decoder, self);
    for (size_t i = 0; i < n; i++) {
        const struct cw_plugin *plugin = plugin_at(i);
        bool hidden = plugin != plugin_find((enum cw_plugin_kind)plugin->kind, plugin->name);
        if (plugin->kind == CW_DECODER && !hidden && !needs_options(plugin))
            add_decoder(loader, whole, plugin, decoder, self);
    }
    rules->decoder = decoder;
    rules->decoder_self = self;
    rules->encoder = plugin_find(CW_ENCODER, "line");
    if (rules->encoder)
        rules->encoder_self =
            plugin_instance(loader, whole, rules->encoder, NULL, "line", NULL, NULL);
}

static void known_plugins(enum cw_plugin_kind kind, struct buf *out)
{
    const struct cw_plugin *plugin;
    for (size_t i = 0; (plugin = plugin_at(i)); i++) {
        if (plugin->kind == kind && plugin == plugin_find(kind, plugin->name))
            buf_printf(out, "%s%s", out->n ? ", " : "", plugin->name);
    }
}

const struct cw_plugin *plugin_or_mistake(struct loader *loader, const struct node *item,
                                          const char *path, enum cw_plugin_kind kind,
                                          const char *what, const char *name, const char *also)
{
    const struct cw_plugin *plugin = plugin_find(kind, name);
    if (plugin)
        return plugin;
    struct buf known;
    buf_init(&known, 400);
    known_plugins(kind, &known);
    if (also)
        buf_printf(&known, "%s%s", known.n ? ", " : "", also);
    const struct node *node = node_child(item, what);
    mistake_at(loader, node ? node : item, "%s: unknown %s \"%.64s\"; known: %s", path, what,
               name, buf_text(&known));
    buf_done(&known);
    return NULL;
}

/* ---- sources and sites ---- */

static void look_at_source(struct loader *loader, struct config_whole *whole,
                           const struct node *item, const char *path, size_t i)
{
    struct ruleset *rules = &whole->config.rules;
    const struct source_words *words = &whole->source_words[i];
    struct source *source = (struct source *)(uintptr_t)&rules->source[i];
    if (node_child(item, "topic") && !filter_valid(words->topic))
        mistake_at(loader, node_child(item, "topic"),
                   "%s.topic is an MQTT filter, not \"%.100s\"", path, words->topic);
    source->topic = words->topic;
    source->metric = words->metric;
    if (words->decoder[0])
        source->decoder =
            plugin_or_mistake(loader, item, path, CW_DECODER, "decoder", words->decoder, NULL);
    rules->n_sources++;
}

static const struct list_table sources = {.name = "sources",
                                          .options = source_options,
                                          .size = sizeof(struct source_words),
                                          .array_at = IN_WHOLE(source_words),
                                          .made_size = sizeof(struct source),
                                          .made_at = IN_CONFIG(rules.source),
                                          .look = look_at_source};

static bool site_kind_valid(const char *kind)
{
    static const char kinds[] =
        "institution|home|station|base|organisation|dispatch|department|provider";
    return choice_index(kinds, kind) != 0 ||
           (str_starts(str_of(kind), "station.") && id_valid(str_of(kind)));
}

static void check_site(struct loader *loader, const struct node *item, const char *path,
                       const struct configured_site *site)
{
    const struct node *node = node_child(item, "site");
    if (node && !id_valid(str_of(site->site)))
        mistake_at(loader, node, "%s.site is an id of letters, digits, _ . -, not \"%.64s\"",
                   path, site->site);
    node = node_child(item, "kind");
    if (node && !site_kind_valid(site->kind))
        mistake_at(loader, node,
                   "%s.kind is one of institution, home, station.*, base, organisation, "
                   "dispatch, department, provider, not \"%.64s\"",
                   path, site->kind);
    node = node_child(item, "district");
    if (node && site->district[0] && !id_valid(str_of(site->district)))
        mistake_at(loader, node, "%s.district is an id, not \"%.64s\"", path, site->district);
    if (isnan(site->lat) != isnan(site->lon))
        mistake_at(loader, item, "%s.lat and %s.lon go together", path, path);
}

static void read_sites(struct loader *loader, struct config_whole *whole)
{
    const struct node *list = read_list(loader, loader->root, "sites");
    size_t n = list_length(list);
    struct configured_site *site = config_keep_array(whole, n, sizeof(*site));
    struct map seen;
    map_init(&seen);
    const struct node *item = list ? list->first : NULL;
    for (size_t i = 0; i < n; i++, item = item->next) {
        const char *path = list_item_path(loader, "sites", NULL, i);
        list_read_item(loader, whole, item, path, site_options, &site[i], NULL);
        check_site(loader, item, path, &site[i]);
        const struct node *first = map_get(&seen, str_of(site[i].site));
        if (first)
            mistake_at(loader, item, "site %.64s is already at line %d", site[i].site,
                       first->line);
        else
            (void)map_put(&seen, str_of(site[i].site), (void *)(uintptr_t)item);
    }
    map_done(&seen);
    whole->config.rules.site = site;
    whole->config.rules.n_sites = (uint32_t)n;
}

/* ---- channels and routes ---- */

const struct channel *channel_find(const struct config *config, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(config->channel[i].name, name) == 0)
            return &config->channel[i];
    }
    return NULL;
}

/* What the target bears: as configured, or else as its notifier says. */
static void read_rate(struct loader *loader, const struct node *item, const char *path,
                      struct channel *channel)
{
    struct cw_error err;
    const char *rate = channel->rate[0] || !channel->plugin
                           ? channel->rate
                           : channel->plugin->ops.notifier->rate;
    if (pace_limit_parse(str_of(rate), channel->burst, &channel->limit, &err) != 0)
        mistake_at(loader, item, "%s: %s", path, err.text);
}

/* How often its target wants to hear again. */
static void read_resend(struct loader *loader, const struct node *item, const char *path,
                        struct channel *channel)
{
    const char *resend = channel->resend[0] || !channel->plugin
                             ? channel->resend
                             : channel->plugin->ops.notifier->resend;
    struct cw_error err;
    channel->resend_ns = 0;
    if (!resend || !resend[0] || strcmp(resend, "none") == 0)
        return;
    if (duration_parse(str_of(resend), &channel->resend_ns, &err) != 0)
        mistake_at(loader, item, "%s: resend: %s", path, err.text);
    else if (channel->resend_ns < NS_PER_S)
        mistake_at(loader, item, "%s: resend = \"%.40s\" is less than a second", path, resend);
}

static void read_channel(struct loader *loader, struct config_whole *whole,
                         const struct node *item, size_t i)
{
    static const char *const others[] = {"notifier", NULL};
    struct channel *channel = &whole->config.channel[i];
    const struct node *name = node_child(item, "name");
    const char *path = list_item_path(loader, "channels",
                                      name && name->type == NODE_TEXT ? name->text.p : NULL, i);
    config_keep(whole, channel_options, channel);
    struct binding common = {channel_options, channel};
    const char *notifier = read_text_member(loader, item, path, "notifier", true);
    if (notifier)
        channel->plugin =
            plugin_or_mistake(loader, item, path, CW_NOTIFIER, "notifier", notifier, NULL);
    if (channel->plugin)
        channel->self =
            plugin_instance(loader, whole, channel->plugin, item, path, &common, others);
    else if (name && name->type == NODE_TEXT) /* so that routes find it */
        (void)option_set(&channel_options[0], channel, name->text, NULL);
    fill_empty_texts(channel_options, channel);
    read_rate(loader, item, path, channel);
    read_resend(loader, item, path, channel);
    if (channel->name[0] && !id_valid(str_of(channel->name)))
        mistake_at(loader, name, "%s.name is an id of letters, digits, _ . -", path);
    if (channel->name[0] && channel_find(&whole->config, i, channel->name))
        mistake_at(loader, item, "there are two channels %.64s", channel->name);
}

static void read_channels(struct loader *loader, struct config_whole *whole)
{
    const struct node *list = read_list(loader, loader->root, "channels");
    size_t n = list_length(list);
    whole->config.channel = config_keep_array(whole, n, sizeof(struct channel));
    whole->config.n_channels = n;
    const struct node *item = list ? list->first : NULL;
    for (size_t i = 0; i < n; i++, item = item->next)
        read_channel(loader, whole, item, i);
}

void check_parts(struct loader *loader, const struct node *item, const char *path,
                 const char *key, const char *value, const char *choices)
{
    struct cw_str rest = str_of(value), part;
    while (value[0] && str_split(&rest, '|', &part)) {
        char word[32];
        if (!str_copy(word, sizeof(word), part) || choice_index(choices, word) == 0)
            mistake_at(loader, node_child(item, key), "%s.%s is made of %s, not \"%.*s\"", path,
                       key, choices, (int)utf8_cut(part, 60), part.p);
    }
}

static void check_route(struct loader *loader, const struct config *config,
                        const struct node *item, const char *path, const struct route *route)
{
    check_parts(loader, item, path, "priority", route->priority, "high|medium|low");
    check_parts(loader, item, path, "category", route->category,
                "physiological|technical|safety|service|compliance");
    for (size_t i = 0; route->channel && route->channel[i]; i++) {
        if (!channel_find(config, config->n_channels, route->channel[i]))
            mistake_at(loader, node_child(item, "channel"), "%s: there is no channel \"%.64s\"",
                       path, route->channel[i]);
    }
}

static void look_at_route(struct loader *loader, struct config_whole *whole,
                          const struct node *item, const char *path, size_t i)
{
    check_route(loader, &whole->config, item, path, &whole->config.route[i]);
    whole->config.n_routes++;
}

static const struct list_table routes = {.name = "routes",
                                         .options = route_options,
                                         .size = sizeof(struct route),
                                         .array_at = IN_CONFIG(route),
                                         .look = look_at_route};

void lists_read(struct loader *loader, struct config_whole *whole)
{
    config_read_doors(loader, whole);
    read_brokers(loader, whole);
    read_codecs(loader, whole);
    (void)list_read_table(loader, whole, &sources);
    read_sites(loader, whole);
    read_channels(loader, whole);
    (void)list_read_table(loader, whole, &routes);
    calendar_read(loader, whole);
    duty_read(loader, whole);
    oversight_read(loader, whole);
    inhibitions_read(loader, whole);
}

/*
 * test_config_mistakes.c - bad files and what must be said about them, line by line.
 */
#include "io/config_told.h"

static const struct bad_file {
    const char *name, *text;
    const char *told[10];
} bad_files[] = {
    {"syntax", "log: {\n level = ;\n};", {"2: syntax error"}},
    {"a key twice", "log: { level = \"info\";\n level = \"debug\"; };", {"2: duplicate"}},
    {"not UTF-8", "# one\nlog: { level = \"\xff\"; };", {"2: not UTF-8", "2: log.level"}},
    {"a text cut by a zero",
     "http: {\n listen = \"127.0.0.1:1\\x00.evil:80\";\n};",
     {"2: \\x00 cannot be in a text", "2: http.listen"}},
    {"a number libconfig would cut",
     "http: {\n max_clients = 5000000000;\n};",
     {"2: 5000000000 is too large for a number without \"L\"", "2: http.max_clients"}},
    {"an unknown option",
     "mqtt: {\n keepalve = \"10s\";\n};",
     {"2: unknown option mqtt.keepalve, did you mean keepalive?"}},
    {"an unknown option like none",
     "log: {\n colour_of_the_sky = 1;\n};",
     {"2: unknown option log.colour_of_the_sky"}},
    {"an unknown section",
     "jurnal: { };",
     {"1: unknown section jurnal, did you mean journal?"}},
    {"a map without its number, that is not there",
     "map: {\n outline = \"/nowhere/x.geojson\";\n};",
     {"2: map.approval is missing", "2: map.outline: cannot read /nowhere/x.geojson"}},
    {"a section that is no group",
     "log = 3;",
     {"1: log must be a group { ... }, not a bare number"}},
    {"a duration without unit",
     "journal: { sync_interval = 20; };",
     {"1: journal.sync_interval must be a text with a unit, such as \"15s\", not a bare "
      "number"}},
    {"a size without unit",
     "http: { max_body = 65536; };",
     {"1: http.max_body must be a text with a unit"}},
    {"a unit nobody knows",
     "journal: { sync_interval = \"20 fortnights\"; };",
     {"1: journal.sync_interval: "}},
    {"a number in quotes",
     "http: { max_clients = \"7\"; };",
     {"1: http.max_clients must be a whole number, not a text"}},
    {"below its bound",
     "http: { max_clients = 0; };",
     {"1: http.max_clients is from 1 to 100000, not \"0\""}},
    {"not one of the choices",
     "log: { level = \"loud\"; };",
     {"1: log.level is one of err|warning|info|debug, not \"loud\""}},
    {"several at once, in the order of the file",
     "log: {\n level = 3;\n};\nhttp: {\n max_sse = 0;\n lisen = \"x\";\n};\n",
     {"2: log.level must be a text in quotes, not a bare number",
      "5: http.max_sse is from 1 to 100000",
      "6: unknown option http.lisen, did you mean listen?"}},
    {"a policy that forgets too soon",
     "store: {\n keep_visits = 4;\n keep_alarms = 5;\n keep_trail = 0;\n};",
     {"2: store.keep_visits is 5 years at least, or 0 for ever"}},
    {"inhibitions that cannot be",
     "inhibitions = (\n"
     " { name = \"a\"; source = [ \"rule\" ]; target = [ \"kind=fall\" ]; },\n"
     " { name = \"a\"; source = [ \"colour=red\" ]; target = [ \"site!=x\" ]; },\n"
     " { name = \"b\"; source = [ \"bed=~(\" ]; target = [ \"bed=1\" ]; equal = [ \"x\" ]; },\n"
     " { name = \"c\"; target = [ \"bed=1\" ]; } );",
     {"2: inhibitions.a.source: \"rule\" is not like name=\"value\"",
      "3: inhibitions.a.source: there is no label \"colour\"",
      "3: inhibitions.a.target: This would match everything", "3: there are two inhibitions a",
      "4: inhibitions.b.source: the pattern \"(\"",
      "4: inhibitions.b.equal: there is no label \"x\"", "5: inhibitions.c.source is missing"}},
    {"duties that cannot be",
     "duties = (\n { name = \"a\"; source = \"s\"; due = [ \"06-31\" ]; },\n"
     " { name = \"a\"; source = \"s\"; due = [ \"02-29\" ]; done_by = \"x\";\n"
     " registered_until = \"may\"; } );",
     {"2: duties.a.due: \"06-31\" is no date", "3: there are two duties a",
      "3: duties.a.done_by: there is no event \"x\"",
      "3: duties.a: what is done by an event is owed by a site",
      "4: duties.a.registered_until is a date such as 06-30"}},
    {"lists and schemes that cannot be",
     "lists = ( { name = \"a b\"; source = \"s\"; leads_to = \"c\"; } );\n"
     "schemes = (\n { name = \"s\"; source = \"s\"; sections = [ \"x\" ];\n"
     " grades = [ \"5 10\",  \"4 20\" ]; excludes = [ \"listed:q\" ]; in_force = \"then\"; } "
     ");",
     {"1: lists.a b: name is an id", "1: lists.a b.leads_to: there is no list \"c\"",
      "1: lists.a b: leads_to needs leads_months", "3: schemes.s.sections: \"x\" is no section",
      "4: schemes.s.grades: \"4 20\" is no grade", "4: schemes.s.in_force is a date",
      "4: schemes.s.excludes: \"listed:q\" is not"}},
    {"doors that cannot be",
     "doors = (\n { name = \"a b\"; dir = \"door\"; },\n"
     " { name = \"a b\"; dir = \"/var/lib/carewatch/journal\"; } );\n"
     "mqtt: {\n door = \"z\"; };",
     {"1: the door a b is no broker's", "1: the door a b is no broker's",
      "2: doors.0.name is an id", "2: doors.0.dir begins at the root",
      "3: doors.1.name is an id", "3: there are two doors a b",
      "3: doors.1.dir is the folder of our own journal",
      "5: mqtt.door: there is no door \"z\""}},
    {"a door that two brokers share, and whose events come twice",
     "doors = ( { name = \"x\"; dir = \"/d\"; } );\n"
     "mqtt: {\n door = \"x\";\n topics_events = [ \"care/v1/+/+/#\" ];\n"
     " brokers = (\n { url = \"tcp://b:1883\"; door = \"x\"; } ); };",
     {"4: mqtt.topics_events: beside a door, name status and roster",
      "6: mqtt.brokers.0.door: the door x is another broker's already"}},
    {"brokers and filters that are none",
     "mqtt: {\n url = \"http://x\";\n topics_data = [ \"care/#/x\" ];\n"
     " brokers = (\n { url = \"b:1883\"; } ); };",
     {"2: mqtt.url begins with tcp:// or ssl:// and names a host, not \"http://x\"",
      "3: mqtt.topics_data: \"care/#/x\" is no MQTT filter",
      "5: mqtt.brokers.0.url begins with tcp:// or ssl://"}},
    {"a database that is none",
     "influx: { url = \"ftp://x\"; };",
     {"1: influx.url begins with http:// or https://, not \"ftp://x\""}},
    {"a zone and spans that are none",
     "calendar: {\n zone = \"Asia/Atlantis\";\n};\nschedules = (\n"
     " { name = \"night\"; spans = [ \"21:00\" ]; },\n"
     " { name = \"night\"; spans = [ \"21:00-06:00\" ]; } );",
     {"2: calendar.zone \"Asia/Atlantis\" (/usr/share/zoneinfo/Asia/Atlantis): there is no "
      "such file",
      "5: schedules.night: \"21:00\" is not a span such as \"21:00-06:00\"",
      "6: there are two schedules night"}},
    {"an event that nobody may say",
     "rules = (\n { name = \"x\"; detector = \"event\"; raise = [ \"call.pressd\" ]; } );",
     {"2: rules.x: there is no event type \"call.pressd\""}},
    {"a grace for what knows classes",
     "rules = (\n { name = \"x\"; detector = \"supervision\"; condition = \"device_silent\";\n"
     " after = \"5s\"; } );",
     {"3: rules.x.after says nothing to the detector supervision"}},
    {"an address without port",
     "http: { listen = \"localhost\"; };",
     {"1: http.listen is HOST:PORT or [IPv6]:PORT, not \"localhost\""}},
    {"everybody let in from everywhere",
     "http: {\n listen = \"0.0.0.0:8480\";\n auth = \"none\";\n};",
     {"3: http.auth = \"none\" needs a loopback address, not \"0.0.0.0:8480\""}},
    {"half of TLS",
     "http: { cert_file = \"/c.pem\"; };",
     {"1: http.cert_file and http.key_file go together"}},
    {"a journal of one segment",
     "journal: { quota = \"64MiB\"; };",
     {"1: journal.quota must hold at least two segments"}},
    {"a secret in the file",
     "mqtt: {\n password = \"hunter2\";\n};",
     {"2: mqtt.password must not be in the configuration: name a file that holds it with "
      "password_file"}},
    {"a secret file that is not there",
     "mqtt: { password_file = \"/nonexistent/x\"; };",
     {"1: mqtt.password_file: cannot read /nonexistent/x (No such file or directory)"}},
    {"a list of brokers that is a group",
     "mqtt: { brokers = { }; };",
     {"1: brokers must be a list ( { ... }, { ... } ), not a group"}},
    {"a broker with a mistake",
     "mqtt: { brokers = (\n { url = 7; } ); };",
     {"2: mqtt.brokers.0.url must be a text in quotes"}},
    {"an include that is not there",
     "log: { };\n@include \"gone.conf\"\n",
     {"2: cannot read "}},
    {"an include of a folder", "@include \"/tmp\"\n", {"1: cannot read /tmp (Is a directory)"}},
    {"an include of itself",
     "@include \"main.conf\"\n",
     {"1: includes are nested more than 8"}},
    {"rules that are no list", "rules = { };", {"1: rules must be a list"}},
    {"a rule that is no group", "rules = ( 1 );", {"1: rules must be a list of groups"}},
    {"a rule without detector",
     "rules = (\n { name = \"a\"; } );",
     {"2: rules.a.detector is missing"}},
    {"a rule of an unknown detector",
     "rules = (\n { name = \"bed-exit\"; detector = \"absence_before\"; trigger = \"x\"; } );",
     {"2: rules.bed-exit: unknown detector \"absence_before\"; known: "}},
    {"a condition of a detector that is none",
     "rules = (\n { name = \"a\"; detector = \"absence_after\"; trigger = \"in_bed=0\";\n"
     "  expect = \"x:1\"; within = \"5m\"; } );",
     {"2: rules.a: \"in_bed=0\" is no condition"}},
    {"a rule that is in force never, and one that always waits",
     "rules = (\n { name = \"a\"; detector = \"threshold\"; metric = \"hr\"; above = 1;\n"
     "  when = \"dusk\";\n  unless = [ \"resident.away\", \"drill.done\", \"hr<>\" ]; },\n"
     " { name = \"b\"; detector = \"visit\"; condition = \"late\"; when = \"day\"; } );",
     {"3: rules.a.when: there is no schedule \"dusk\"",
      "4: rules.a.unless: \"drill.done\" begins nothing that lasts",
      "4: rules.a.unless: \"hr<>\" compares with no value",
      "5: rules.b: built-in rules are always in force"}},
    {"a rule of an unknown condition",
     "rules = ( { name = \"a\"; detector = \"visit\"; condition = \"early\"; } );",
     {"1: rules.a.condition is one of late, missed, no_checkout, short, "}},
    {"a rule of no condition",
     "rules = ( { name = \"a\"; detector = \"system\"; } );",
     {"1: rules.a.condition is one of by_hand, "}},
    {"two rules of one name",
     "rules = (\n { name = \"a\"; detector = \"visit\"; condition = \"late\"; },\n"
     " { name = \"a\"; detector = \"visit\"; condition = \"missed\"; } );",
     {"3: there are two rules a, the first at line 2"}},
    {"two rules of one condition",
     "rules = (\n { name = \"a\"; detector = \"visit\"; condition = \"late\"; },\n"
     " { name = \"b\"; detector = \"visit\"; condition = \"late\"; } );",
     {"3: the rule of late is already at line 2"}},
    {"the name of a built-in rule",
     "rules = ( { name = \"visit-missed\"; detector = \"visit\"; condition = \"late\"; } );",
     {"1: visit-missed is the name of the built-in rule of visit missed"}},
    {"a name that is no id",
     "rules = ( { name = \"a b\"; detector = \"visit\"; condition = \"late\"; } );",
     {"1: rules.a b.name is an id of letters, digits, _ . -, not \"a b\""}},
    {"a text that is no group",
     "rules = ( { name = \"a\"; detector = \"visit\"; condition = \"late\"; text = \"x\"; } );",
     {"1: rules.a.text must be a group { ... }, not a text"}},
    {"a language nobody reads",
     "rules = ( { name = \"a\"; detector = \"visit\"; condition = \"late\"; text = { fr = "
     "\"x\"; }; } );",
     {"1: unknown option rules.a.text.fr"}},
    {"an option of another kind of rule",
     "rules = ( { name = \"a\"; detector = \"visit\"; condition = \"late\"; below = 3; } );",
     {"1: unknown option rules.a.below"}},
    {"a pattern with a star inside",
     "rules = ( { name = \"a\"; detector = \"visit\"; condition = \"late\"; site = \"a*b\"; } "
     ");",
     {"1: rules.a.site is an id or a prefix that ends in *"}},
    {"a source without topic",
     "sources = ( { metric = \"temp\"; } );",
     {"1: sources.0.topic is missing"}},
    {"a source of a bad filter",
     "sources = ( { topic = \"a/#/b\"; } );",
     {"1: sources.0.topic is an MQTT filter, not \"a/#/b\""}},
    {"a source of an unknown decoder",
     "sources = ( { topic = \"a\"; decoder = \"xml\"; } );",
     {"1: sources.0: unknown decoder \"xml\"; known: "}},
    {"a site of an unknown kind",
     "sites = ( { site = \"a\"; kind = \"castle\"; } );",
     {"1: sites.0.kind is one of institution"}},
    {"a site twice",
     "sites = (\n { site = \"a\"; kind = \"home\"; },\n { site = \"a\"; kind = \"base\"; } );",
     {"3: site a is already at line 2"}},
    {"half a place",
     "sites = ( { site = \"a\"; kind = \"home\"; lat = 30.1; } );",
     {"1: sites.0.lat and sites.0.lon go together"}},
    {"a place off the earth",
     "sites = ( { site = \"a\"; kind = \"home\"; lat = 91.0; lon = 0; } );",
     {"1: sites.0.lat is from -90 to 90, not \"91\"", "1: sites.0.lat and"}},
    {"a channel of an unknown notifier",
     "channels = ( { name = \"a\"; notifier = \"pigeon\"; } );",
     {"1: channels.a: unknown notifier \"pigeon\"; known: "}},
    {"a rate that is none",
     "channels = (\n { name = \"a\"; notifier = \"webhook\"; url = \"http://a\"; rate = "
     "\"20\"; },\n"
     " { name = \"b\"; notifier = \"webhook\"; url = \"http://b\"; rate = \"20/1m\"; burst = "
     "21; });",
     {"2: channels.a: rate \"20\" is not like 20/1m",
      "3: channels.b: burst 21 is more than the rate 20/1m allows"}},
    {"a route to nowhere",
     "routes = ( { channel = [ \"a\" ]; } );",
     {"1: routes.0: there is no channel \"a\""}},
    {"a route without channel",
     "routes = ( { priority = \"high\"; } );",
     {"1: routes.0.channel is missing"}},
    {"a route of an unknown priority",
     "routes = ( { priority = \"high|huge\"; channel = []; } );",
     {"1: routes.0.priority is made of high|medium|low, not \"huge\""}},
    {"plugins from nowhere",
     "plugins: { load = [ \"x\" ]; };",
     {"1: plugins.load needs plugins.dir, an absolute path"}},
    {"plugins from a folder that is not there",
     "plugins: { dir = \"/nonexistent\"; load = [ \"x\" ]; };",
     {"1: plugins.dir /nonexistent: No such file or directory"}},
};

static void every_mistake_is_told_with_its_line(void **state)
{
    for (size_t i = 0; i < sizeof(bad_files) / sizeof(bad_files[0]); i++) {
        config_free(load(*state, bad_files[i].text, NULL, 0));
        assert_told(*state, bad_files[i].told, bad_files[i].name);
    }
}

static void a_file_that_is_not_there_is_a_mistake(void **state)
{
    struct told *told = *state;
    struct config *config;
    assert_int_not_equal(config_load(&config, "/nonexistent/main.conf", NULL, 0, hear, told),
                         0);
    assert_null(config);
    assert_told(
        told,
        (const char *const[]){"0: cannot read /nonexistent/main.conf (No such file", NULL},
        "absent");
}

static void a_mistake_in_an_included_file_has_its_own_line(void **state)
{
    struct told *told = *state;
    (void)write_file(told, "other.conf", "http: {\n\n max_sse = 0;\n};\n");
    config_free(
        load(told, "# first\n@include \"other.conf\"\nlog: {\n level = 1;\n};", NULL, 0));
    assert_told(told,
                (const char *const[]){"4: log.level must be",
                                      "other.conf:3: http.max_sse is from", NULL},
                "include");
}

static void count(void *ctx, const struct config_mistake *mistake)
{
    assert_non_null(mistake->text);
    ++*(size_t *)ctx;
}

static void there_is_an_end_to_mistakes(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 1 << 20);
    buf_add_text(&text, "log: {\n");
    for (int i = 0; i < 5000; i++)
        buf_printf(&text, " option_%d = 1;\n", i);
    buf_add_text(&text, "};\n");
    struct config *config;
    size_t n = 0;
    assert_int_not_equal(config_load_text(&config, buf_str(&text), count, &n), 0);
    assert_int_equal(n, 201); /* the last says how many more there are */
    buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DIR(every_mistake_is_told_with_its_line),
        WITH_DIR(a_file_that_is_not_there_is_a_mistake),
        WITH_DIR(a_mistake_in_an_included_file_has_its_own_line),
        WITH_DIR(there_is_an_end_to_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

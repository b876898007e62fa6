/*
 * A facility that says anything: each line is a message (what, site, device, JSON) or lets
 * time pass. Whatever it was, the counts of sites are those of their devices, timers come to
 * an end, and a loaded state is the saved one.
 *
 *   r00{..} roster   s01{..} status   S01{..} retained status   e00{..} event
 *   h01 heard with data   c{..} registry record   t7 time (2^7 s)   l links   b boot
 *   k housekeeping
 */
#include "decoding_checks.h"
#include "unit/fold_bench.h"

extern const struct cw_plugin carewatch_plugin_decode_json;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_sites(const struct registry *registry)
{
    for (uint32_t i = 0; i < registry->n_sites; i++) {
        struct site counted = *registry->site[i];
        site_survey(&counted);
        const struct site *site = registry->site[i];
        if (counted.n_devices != site->n_devices || counted.n_rostered != site->n_rostered ||
            counted.n_silent != site->n_silent || counted.n_field != site->n_field ||
            counted.n_gateways != site->n_gateways ||
            counted.n_gateways_silent != site->n_gateways_silent ||
            counted.class_ns != site->class_ns)
            BUG("the counts of site %s are not those of its devices", site->id);
        if ((site->outage == OUTAGE_CUT) != (site->connection == CONNECTION_SILENT))
            BUG("site %s is silent without an outage, or the other way", site->id);
    }
}

static void document_in(struct bench *bench, char what, struct site *site,
                        struct device *device, const struct cw_doc *doc)
{
    bool is_repeat;
    switch (what) {
    case 'r':
        (void)registry_roster(&bench->fold, site, device, doc, &bench->err);
        return;
    case 's':
    case 'S':
        (void)supervision_status(&bench->fold, site, device, doc, what == 'S', &bench->err);
        return;
    case 'e':
        (void)service_event(&bench->fold, site, device, doc, &is_repeat, &bench->err);
        return;
    default:
        (void)registry_apply(&bench->fold, doc, &bench->err);
        return;
    }
}

static unsigned digit(char c)
{
    return (unsigned char)(c - '0');
}

static void message(struct bench *bench, char what, struct cw_str rest)
{
    static const char *const sites[] = {"s1", "home", "station", "dept", "new"};
    static const char *const devices[] = {"gw", "bed-1", "bed-2", "x"};
    static void *self;
    static struct fuzzed fuzzed;
    struct site *site = bench_site(bench, "s1");
    struct device *device = NULL;
    if (what != 'c') {
        if (rest.n < 2)
            return;
        site = bench_site(bench, sites[digit(rest.p[0]) % 5]);
        if (registry_meet_device(&bench->fold, site, str_of(devices[digit(rest.p[1]) % 4]),
                                 &device))
            return;
        rest = (struct cw_str){rest.p + 2, rest.n - 2};
    }
    if (what == 'h') {
        supervision_heard(&bench->fold, site, device, rest.n == 0);
        return;
    }
    const struct cw_plugin *plugin = &carewatch_plugin_decode_json;
    if (!self) {
        self = xcalloc(1, plugin->self_size);
        if (plugin->open(self, &fuzzed.err))
            BUG("cannot open");
    }
    fuzzed_init(&fuzzed, (const uint8_t *)rest.p, rest.n);
    if (plugin->ops.decoder->document(self, fuzzed.payload, &fuzzed.batch, &fuzzed.err) ==
        CW_ACCEPTED) {
        struct cw_doc doc = {fuzzed.batch.node, fuzzed.batch.n_nodes};
        document_in(bench, what, site, device, &doc);
    }
    fuzzed_done(&fuzzed);
}

static void line_in(struct bench *bench, struct cw_str line)
{
    struct cw_str rest = {line.p + 1, line.n - 1};
    switch (line.p[0]) {
    case 't':
        bench_at(bench, bench->fold.now_ns - T0 + (S << (rest.n ? digit(rest.p[0]) % 20 : 0)));
        return;
    case 'l':
        supervision_link(&bench->fold, bench->fold.registry.deaf);
        return;
    case 'b':
        supervision_boot(&bench->fold);
        return;
    case 'k':
        registry_housekeeping(&bench->fold);
        service_housekeeping(&bench->fold);
        return;
    case 'r':
    case 's':
    case 'S':
    case 'e':
    case 'h':
    case 'c':
        message(bench, line.p[0], rest);
        return;
    default:
        return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct bench *bench = bench_new();
    struct cw_str rest = {(const char *)data, n}, line;
    struct buf before, after;
    for (uint32_t i = 0; i < 200 && str_split(&rest, '\n', &line); i++) {
        if (line.n)
            line_in(bench, line);
        check_sites(&bench->fold.registry);
    }
    bench_save(bench, &before);
    if (!bench_reload(bench))
        BUG("what was saved cannot be loaded");
    check_sites(&bench->fold.registry);
    bench_save(bench, &after);
    if (!str_eq(buf_str(&before), buf_str(&after)))
        BUG("the loaded state is not the saved one");
    buf_done(&before);
    buf_done(&after);
    bench_free(bench);
    return 0;
}

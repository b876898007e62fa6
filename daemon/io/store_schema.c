/*
 * store_schema.c - the database file: pragmas, integrity, tables and their versions.
 *
 * WAL with synchronous=FULL: with NORMAL a power cut lost commits in 173 of 200 trials.
 * PRAGMA user_version is the schema's number; a newer one is refused, older ones migrate
 * step by step, each step in its own transaction.
 */
#include "io/store_private.h"

#include <errno.h>
#include <string.h>

#include "base/num.h"
#include "base/str.h"

/* One step per version, in order; version n is reached after step n. Never edit a step that
 * was released: add one. */
static const char *const schema_step[] = {
    "CREATE TABLE alarms ("
    "  n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, rev INTEGER NOT NULL,"
    "  priority TEXT NOT NULL, state TEXT NOT NULL, rule TEXT NOT NULL, site TEXT NOT NULL,"
    "  district TEXT NOT NULL, raised_ns INTEGER NOT NULL, changed_ns INTEGER NOT NULL,"
    "  json TEXT NOT NULL);"
    "CREATE INDEX alarms_state ON alarms (state, n);"
    "CREATE TABLE transitions ("
    "  epoch INTEGER NOT NULL, offset INTEGER NOT NULL, ordinal INTEGER NOT NULL,"
    "  alarm TEXT NOT NULL, rev INTEGER NOT NULL, at_ns INTEGER NOT NULL,"
    "  change TEXT NOT NULL, state TEXT NOT NULL, by TEXT NOT NULL, note TEXT NOT NULL,"
    "  PRIMARY KEY (epoch, offset, ordinal)) WITHOUT ROWID;"
    "CREATE INDEX transitions_alarm ON transitions (alarm, rev);"
    "CREATE TABLE outbox ("
    "  alarm TEXT NOT NULL, rev INTEGER NOT NULL, channel TEXT NOT NULL,"
    "  recipient TEXT NOT NULL, change TEXT NOT NULL, json TEXT NOT NULL,"
    "  outcome INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0,"
    "  next_ns INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '',"
    "  PRIMARY KEY (alarm, rev, recipient, channel)) WITHOUT ROWID;"
    "CREATE INDEX outbox_due ON outbox (outcome, next_ns);"
    "CREATE TABLE cursors (name TEXT PRIMARY KEY, epoch INTEGER NOT NULL,"
    "  offset INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE texts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE tokens (hash TEXT PRIMARY KEY, role TEXT NOT NULL, district TEXT NOT NULL,"
    "  site TEXT NOT NULL, label TEXT NOT NULL, created_ns INTEGER NOT NULL,"
    "  expires_ns INTEGER NOT NULL) WITHOUT ROWID;",
    /* Numbers are never used again: the cursor 'influx.facts' is one. */
    "CREATE TABLE facts ("
    "  n INTEGER PRIMARY KEY AUTOINCREMENT, epoch INTEGER NOT NULL, offset INTEGER NOT NULL,"
    "  ordinal INTEGER NOT NULL, time_ns INTEGER NOT NULL, line TEXT NOT NULL);"
    "CREATE UNIQUE INDEX facts_at ON facts (epoch, offset, ordinal);",
    /* Each channel is asked for by itself, high alarms (urgency 0) first. */
    "ALTER TABLE outbox ADD COLUMN urgency INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE outbox ADD COLUMN at_ns INTEGER NOT NULL DEFAULT 0;"
    "UPDATE outbox SET urgency = 0 WHERE alarm IN"
    "  (SELECT id FROM alarms WHERE priority = 'high');"
    "CREATE INDEX outbox_channel ON outbox (channel, outcome, urgency, next_ns);",
    /* Lines that only grow; `first` moves when the oldest go. */
    "CREATE TABLE audit (n INTEGER PRIMARY KEY, line TEXT NOT NULL, hash TEXT NOT NULL,"
    "  salt TEXT NOT NULL, why TEXT NOT NULL);"
    "CREATE TABLE audit_head (one INTEGER PRIMARY KEY CHECK (one = 1), n INTEGER NOT NULL,"
    "  hash TEXT NOT NULL, first INTEGER NOT NULL);",
    /* Sealed; the keys are in another file (store_names.h). */
    "CREATE TABLE names (site TEXT NOT NULL, resident TEXT NOT NULL, sealed BLOB NOT NULL,"
    "  PRIMARY KEY (site, resident)) WITHOUT ROWID;",
    /* Registry and supervision, the trail of every change of them, and visits. Times of visits
     * are in ms: there are millions of them, and small numbers take little room. */
    "CREATE TABLE entries ("
    "  n INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, rev INTEGER NOT NULL,"
    "  org TEXT NOT NULL, site TEXT NOT NULL, district TEXT NOT NULL, state TEXT NOT NULL,"
    "  changed_ns INTEGER NOT NULL, json TEXT NOT NULL);"
    "CREATE UNIQUE INDEX entries_id ON entries (kind, id);"
    "CREATE TABLE entry_trail ("
    "  epoch INTEGER NOT NULL, offset INTEGER NOT NULL, ordinal INTEGER NOT NULL,"
    "  kind TEXT NOT NULL, id TEXT NOT NULL, rev INTEGER NOT NULL, at_ns INTEGER NOT NULL,"
    "  by TEXT NOT NULL, what TEXT NOT NULL, reason TEXT NOT NULL, changes TEXT NOT NULL,"
    "  PRIMARY KEY (epoch, offset, ordinal)) WITHOUT ROWID;"
    "CREATE INDEX entry_trail_id ON entry_trail (kind, id, rev);"
    "CREATE TABLE visits ("
    "  n INTEGER PRIMARY KEY, site TEXT NOT NULL, visit TEXT NOT NULL, district TEXT NOT NULL,"
    "  service TEXT NOT NULL, recipient TEXT NOT NULL, worker TEXT NOT NULL,"
    "  project TEXT NOT NULL, method TEXT NOT NULL, state INTEGER NOT NULL,"
    "  exceptions INTEGER NOT NULL, standing INTEGER NOT NULL, evidence INTEGER NOT NULL,"
    "  start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL, checkin_ms INTEGER NOT NULL,"
    "  checkout_ms INTEGER NOT NULL, distance_m INTEGER NOT NULL, score INTEGER NOT NULL,"
    "  amount_fen INTEGER NOT NULL, changed_ms INTEGER NOT NULL);"
    "CREATE UNIQUE INDEX visits_id ON visits (site, visit);"
    "CREATE INDEX visits_start ON visits (start_ms);"
    "CREATE INDEX visits_site ON visits (site, start_ms);"
    "CREATE INDEX visits_worker ON visits (worker, start_ms);"
    "CREATE INDEX visits_project ON visits (project, start_ms) WHERE project <> '';"
    "CREATE INDEX visits_exception ON visits (start_ms) WHERE exceptions <> 0;",
    /* Reports ask by time. */
    "CREATE INDEX alarms_raised ON alarms (raised_ns);"
    "CREATE INDEX transitions_at ON transitions (at_ns);",
    "CREATE INDEX visits_district ON visits (district, start_ms);",
    /* Where in the journal a visit changed last, so that a stream can go on after a start. */
    "ALTER TABLE visits ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE visits ADD COLUMN offset INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE visits ADD COLUMN ordinal INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX visits_at ON visits (epoch, offset, ordinal) WHERE epoch > 0;"
    "INSERT INTO texts SELECT '" VISITS_UNPLACED "', '1' WHERE EXISTS (SELECT 1 FROM visits);",
    /* Tokens of a street, community or grid, or of what a department answers for. */
    "ALTER TABLE tokens ADD COLUMN area TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE tokens ADD COLUMN department TEXT NOT NULL DEFAULT '';",
    "CREATE TABLE attachments (id TEXT PRIMARY KEY, size INTEGER NOT NULL, by TEXT NOT NULL,"
    "  at_ns INTEGER NOT NULL, bytes BLOB NOT NULL);",
    /* Moments of a visit's way, in ms; what was not said takes a byte. */
    "ALTER TABLE visits ADD COLUMN settled_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE visits ADD COLUMN requested_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE visits ADD COLUMN assessed_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE visits ADD COLUMN planned_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE visits ADD COLUMN assigned_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE visits ADD COLUMN accepted_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE visits ADD COLUMN confirmed_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE visits ADD COLUMN feedback_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE visits ADD COLUMN followup_ms INTEGER NOT NULL DEFAULT 0;",
    /* What store_ratings() counts is all in here. */
    "CREATE INDEX visits_rated ON visits (site, " VISIT_BEGAN ", score) WHERE score > 0;",
};
#define SCHEMA_VERSION ((int)(sizeof(schema_step) / sizeof(schema_step[0])))

static const char *const statement_sql[N_STATEMENTS] = {
    [STMT_BEGIN] = "BEGIN IMMEDIATE",
    [STMT_COMMIT] = "COMMIT",
    [STMT_ROLLBACK] = "ROLLBACK",
    [STMT_ALARM] = "INSERT INTO alarms (id, rev, priority, state, rule, site, district,"
                   " raised_ns, changed_ns, json) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)"
                   " ON CONFLICT (id) DO UPDATE SET rev=?2, priority=?3, state=?4,"
                   " district=?7, changed_ns=?9, json=?10 WHERE rev <= ?2",
    [STMT_TRANSITION] = "INSERT INTO transitions VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)"
                        " ON CONFLICT DO NOTHING",
    /* A conflict that is ignored would use up a number. */
    [STMT_FACT] = "INSERT INTO facts (epoch, offset, ordinal, time_ns, line)"
                  " SELECT ?1,?2,?3,?4,?5 WHERE NOT EXISTS (SELECT 1 FROM facts"
                  " WHERE epoch=?1 AND offset=?2 AND ordinal=?3)",
    [STMT_FACTS_BOUND] = "DELETE FROM facts WHERE n <= (SELECT max(n) FROM facts) - ?1",
    [STMT_FACTS] = "SELECT n, line FROM facts WHERE n > ?1 ORDER BY n LIMIT ?2",
    [STMT_FACTS_NEWEST] = "SELECT coalesce(max(n), 0) FROM facts",
    [STMT_FACTS_WRITTEN] = "INSERT INTO cursors VALUES ('influx.facts', 0, ?1)"
                           " ON CONFLICT (name) DO UPDATE SET offset=?1",
    /* Twice as many as a page at most, so that it keeps up and takes no time. */
    [STMT_FACTS_FORGET] = "DELETE FROM facts WHERE n <= ?1 AND time_ns < ?2"
                          " AND n < (SELECT min(n) FROM facts) + 1000",
    [STMT_OUTBOX_ADD] =
        "INSERT INTO outbox (alarm, rev, channel, recipient, change, json,"
        " urgency, at_ns) VALUES (?1,?2,?3,?4,?5,?6,?7,?8) ON CONFLICT DO NOTHING",
    /* What became of an alarm is not told before what it was. The index gives the rows in
     * order; left alone, SQLite sorts all that wait for the few that go. */
    [STMT_OUTBOX_DUE] = "SELECT alarm, rev, channel, recipient, change, json, tries, next_ns,"
                        " urgency, at_ns FROM outbox AS o INDEXED BY outbox_channel"
                        " WHERE channel = ?3 AND outcome = 0 AND next_ns <= ?1"
                        " AND NOT EXISTS (SELECT 1 FROM outbox AS e WHERE e.alarm = o.alarm"
                        "  AND e.rev < o.rev AND e.recipient = o.recipient"
                        "  AND e.channel = o.channel AND e.outcome = 0)"
                        " ORDER BY urgency, next_ns, alarm, rev LIMIT ?2",
    [STMT_OUTBOX_WAITING] = "SELECT COUNT(*) FROM outbox WHERE channel = ?1 AND outcome = 0",
    [STMT_OUTBOX_STRAYS] = "SELECT alarm, rev, channel, recipient, change, json, tries,"
                           " next_ns, urgency, at_ns FROM outbox WHERE outcome = 0"
                           " AND channel NOT IN (SELECT value FROM json_each(?1)) LIMIT ?2",
    [STMT_OUTBOX_RESULT] = "UPDATE outbox SET outcome=?5, tries=tries+1, next_ns=?6, error=?7"
                           " WHERE alarm=?1 AND rev=?2 AND channel=?3 AND recipient=?4",
    /* Equality, so that the index finds them: `<> 0` read all rows for each that was told. */
    [STMT_OUTBOX_PRUNE] = "DELETE FROM outbox WHERE outcome = ?2 AND next_ns < ?1",
    /* Not of the lines themselves: an end that was cut off must not be closed again. */
    [STMT_AUDIT_TAIL] = "SELECT n, hash FROM audit_head",
    [STMT_AUDIT_ADD] = "INSERT INTO audit VALUES (?1,?2,?3,?4,?5)",
    [STMT_AUDIT_HEAD] = "INSERT INTO audit_head VALUES (1,?1,?2,1)"
                        " ON CONFLICT (one) DO UPDATE SET n=?1, hash=?2",
    [STMT_AUDIT_BOUND] = "DELETE FROM audit WHERE n <= (SELECT max(n) FROM audit) - ?1",
    [STMT_AUDIT_FIRST] = "UPDATE audit_head SET first = max(first, n - ?1 + 1)",
    [STMT_QUERY_AUDIT] = "SELECT n, line, why FROM audit WHERE n < ?1"
                         " ORDER BY n DESC LIMIT ?2",
    [STMT_NAME_SET] = "INSERT INTO names VALUES (?1,?2,?3)"
                      " ON CONFLICT (site, resident) DO UPDATE SET sealed=?3",
    [STMT_NAME] = "SELECT sealed FROM names WHERE site = ?1 AND resident = ?2",
    [STMT_NAME_FORGET] = "DELETE FROM names WHERE site = ?1 AND resident = ?2",
    [STMT_KEY] = "SELECT key FROM keys.resident WHERE site = ?1 AND resident = ?2",
    [STMT_KEY_ADD] = "INSERT INTO keys.resident VALUES (?1,?2,?3)",
    [STMT_KEY_DESTROY] = "DELETE FROM keys.resident WHERE site = ?1 AND resident = ?2",
    [STMT_RESIDENT_ALARMS] = "SELECT json FROM alarms WHERE site = ?1"
                             " AND json_extract(json, '$.resident') = ?2 ORDER BY n",
    [STMT_RESIDENT_ALARM_IDS] = "SELECT id FROM alarms WHERE site = ?1"
                                " AND json_extract(json, '$.resident') = ?2 ORDER BY n",
    [STMT_RESIDENT_HISTORY] =
        "SELECT json_object('alarm', t.alarm, 'rev', t.rev, 'at_ns', t.at_ns, 'change',"
        " t.change, 'to', t.state, 'by', t.by, 'note', t.note) FROM transitions AS t"
        " JOIN alarms AS a ON a.id = t.alarm WHERE a.site = ?1"
        " AND json_extract(a.json, '$.resident') = ?2 ORDER BY t.at_ns, t.epoch, t.offset",
    [STMT_CURSOR] = "INSERT INTO cursors VALUES ('fold', ?1, ?2)"
                    " ON CONFLICT (name) DO UPDATE SET epoch=?1, offset=?2",
    [STMT_TEXT] = "INSERT INTO texts VALUES (?1, ?2)"
                  " ON CONFLICT (name) DO UPDATE SET value=?2",
    [STMT_TOKENS] = "SELECT hash, role, district, site, label, created_ns, expires_ns, area,"
                    " department FROM tokens ORDER BY created_ns, hash",
    [STMT_DATA_VERSION] = "PRAGMA data_version",
    [STMT_QUERY_ALARMS] = "SELECT n, json FROM alarms WHERE (?1 = 0 OR n < ?1)"
                          " AND (?2 = '' OR (?2 = 'closed' AND state = 'closed')"
                          "  OR (?2 = 'open' AND state <> 'closed'))"
                          " AND (?3 = '' OR priority = ?3) AND (?4 = '' OR site = ?4)"
                          " AND (?5 = '' OR district = ?5) AND (?6 = '' OR id = ?6)"
                          " AND (?8 IS NULL OR site IN (SELECT value FROM json_each(?8)))"
                          " AND (?9 = '' OR rule <> ?9 OR"
                          "  json_extract(json, '$.acked_at') IS NOT NULL)"
                          " ORDER BY n DESC LIMIT ?7",
#define REPORT_COLUMNS "a.rule, a.site, a.district, a.priority, a.json"
#define REPORT_SCOPE " AND (?3 = '' OR a.site = ?3) AND (?4 = '' OR a.district = ?4)"
    [STMT_REPORT_ALARMS] = "SELECT a.raised_ns, " REPORT_COLUMNS " FROM alarms a"
                           " WHERE a.raised_ns >= ?1 AND a.raised_ns < ?2" REPORT_SCOPE
                           " ORDER BY a.raised_ns LIMIT ?5",
    [STMT_REPORT_CALLS] =
        "SELECT t.at_ns, " REPORT_COLUMNS " FROM transitions t JOIN alarms a ON a.id = t.alarm"
        " WHERE t.at_ns >= ?1 AND t.at_ns < ?2 AND t.change IN ('raised',"
        " 'repeated', 'unshelved', 'unsuppressed', 'unacked')" REPORT_SCOPE
        " ORDER BY t.at_ns LIMIT ?5",
    [STMT_REPORT_STALE] = "SELECT a.raised_ns, " REPORT_COLUMNS " FROM alarms a"
                          " WHERE a.raised_ns < ?2 - 86400000000000 AND (a.state <> 'closed'"
                          "  OR (a.changed_ns >= ?1"
                          "  AND a.changed_ns - a.raised_ns > 86400000000000))" REPORT_SCOPE
                          " ORDER BY a.raised_ns LIMIT ?5",
    /* Not grouped: that would sort. */
    [STMT_RATINGS] = "SELECT sum(score=1), sum(score=2), sum(score=3), sum(score=4),"
                     " sum(score=5) FROM visits WHERE score > 0 AND site = ?1"
                     " AND " VISIT_BEGAN " >= ?2 AND " VISIT_BEGAN " < ?3",
    /* Newest first; the outer one keeps the order, as it is driven by the inner one. */
    [STMT_RECENT] = "SELECT t.epoch, t.offset, t.ordinal, a.rev = t.rev, a.site, a.district,"
                    " a.json, a.id FROM (SELECT * FROM transitions"
                    " ORDER BY epoch DESC, offset DESC, ordinal DESC LIMIT ?1) AS t"
                    " CROSS JOIN alarms AS a ON a.id = t.alarm",
    [STMT_RECENT_VISITS] = "SELECT epoch, offset, " VISIT_COLUMNS ", ordinal FROM visits"
                           " WHERE epoch > 0 ORDER BY epoch DESC, offset DESC, ordinal DESC"
                           " LIMIT ?1",
    [STMT_QUERY_HISTORY] = "SELECT at_ns, change, state, by, note, rev, epoch, offset"
                           " FROM transitions WHERE alarm = ?1 ORDER BY rev, epoch, offset"
                           " LIMIT 1000",
    [STMT_ENTRY] =
        "INSERT INTO entries (kind, id, rev, org, site, district, state, changed_ns,"
        " json) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9) ON CONFLICT (kind, id) DO UPDATE"
        " SET rev=?3, org=?4, site=?5, district=?6, state=?7, changed_ns=?8, json=?9",
    [STMT_ENTRY_TRAIL] = "INSERT INTO entry_trail VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)"
                         " ON CONFLICT DO NOTHING",
    [STMT_VISIT] =
        "INSERT INTO visits (" VISIT_COLUMNS ", epoch, offset, ordinal)"
        " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,"
        "?22,?23,?24,?25,?26,?27,?28,?29,?30,?31,?32)"
        " ON CONFLICT (site, visit) DO UPDATE SET district=?3, service=?4, recipient=?5,"
        " worker=?6, project=?7, method=?8, state=?9, exceptions=?10, standing=?11,"
        " evidence=?12, start_ms=?13, end_ms=?14, checkin_ms=?15, checkout_ms=?16,"
        " distance_m=?17, score=?18, amount_fen=?19, changed_ms=?20, settled_ms=?21,"
        " requested_ms=?22, assessed_ms=?23, planned_ms=?24, assigned_ms=?25,"
        " accepted_ms=?26, confirmed_ms=?27, feedback_ms=?28, followup_ms=?29, epoch=?30,"
        " offset=?31, ordinal=?32",
};

static int sql_run(sqlite3 *db, const char *sql, struct cw_error *err)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return 0;
    return err_set(err, -EIO, "the store's database refused \"%.60s\": %s", sql,
                   sqlite3_errmsg(db));
}

/* The first column of the first row as text ("" when there is none). */
static int sql_ask(sqlite3 *db, const char *sql, char *dst, size_t cap, struct cw_error *err)
{
    sqlite3_stmt *statement = NULL;
    dst[0] = '\0';
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        return err_set(err, -EIO, "the store's database refused \"%.60s\": %s", sql,
                       sqlite3_errmsg(db));
    int rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(statement, 0);
        (void)str_copy(dst, cap, str_of(text));
    }
    sqlite3_finalize(statement);
    if (rc == SQLITE_ROW || rc == SQLITE_DONE)
        return 0;
    return err_set(err, -EIO, "the store's database cannot be read: %s", sqlite3_errmsg(db));
}

static int schema_migrate(sqlite3 *db, const char *path, struct cw_error *err)
{
    char text[64];
    int ret = sql_ask(db, "PRAGMA user_version", text, sizeof(text), err);
    if (ret)
        return ret;
    int64_t version = -1;
    if (num_parse_i64(str_of(text), &version) < 0 || version < 0 || version > SCHEMA_VERSION)
        return err_set(err, -ENOTSUP,
                       "%s has schema version %s, this program knows up to %d: it was written "
                       "by a newer carewatch",
                       path, text, SCHEMA_VERSION);
    for (int step = (int)version; step < SCHEMA_VERSION; step++) {
        struct buf sql;
        buf_init(&sql, 1 << 16);
        buf_printf(&sql, "BEGIN IMMEDIATE;%s;PRAGMA user_version=%d;COMMIT;", schema_step[step],
                   step + 1);
        ret = sql_run(db, buf_text(&sql), err);
        buf_done(&sql);
        if (ret)
            return ret;
    }
    return 0;
}

int store_schema_open(const char *path, sqlite3 **out, struct cw_error *err)
{
    sqlite3 *db = NULL;
    char text[120];
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK) {
        int ret = err_set(err, -EIO, "cannot open the store %s: %s", path,
                          db ? sqlite3_errmsg(db) : "out of memory");
        sqlite3_close(db);
        return ret;
    }
    sqlite3_busy_timeout(db, 5000);
    int ret = sql_run(db,
                      "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;"
                      "PRAGMA foreign_keys=ON;PRAGMA secure_delete=ON;"
                      "PRAGMA trusted_schema=OFF",
                      err);
    if (!ret)
        ret = sql_ask(db, "PRAGMA quick_check(1)", text, sizeof(text), err);
    if (!ret && strcmp(text, "ok") != 0)
        ret = err_set(err, -EBADMSG, "the store %s is damaged: %.100s", path, text);
    if (!ret)
        ret = schema_migrate(db, path, err);
    if (ret) {
        sqlite3_close(db);
        return ret;
    }
    *out = db;
    return 0;
}

int store_prepare(struct store *store, struct cw_error *err)
{
    for (int i = 0; i < N_STATEMENTS; i++) {
        if (sqlite3_prepare_v3(store->db, statement_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &store->statement[i], NULL) != SQLITE_OK)
            return err_set(err, -EIO, "the store does not understand \"%.60s\": %s",
                           statement_sql[i], sqlite3_errmsg(store->db));
    }
    return 0;
}

const char *store_statement_sql(int statement)
{
    return statement_sql[statement];
}

int store_step(sqlite3_stmt *statement)
{
    int rc = sqlite3_step(statement);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : -EIO;
}

void store_bind_text(sqlite3_stmt *statement, int i, const char *text)
{
    sqlite3_bind_text(statement, i, text ? text : "", -1, SQLITE_STATIC);
}

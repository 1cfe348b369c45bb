#include "redress/store/contact.h"

#include "redress/store/sql.h"

static enum rd_rc set_opt_out(
	struct rd_tx *tx, const char *address, bool is_out, int64_t now_ms, struct rd_err *err)
{
	uint8_t key[RD_STORE_KEY_BYTES];

	rd_store_address_key(rd_db_store(rd_tx_db(tx)), address, key);
	return rd_sql_change(tx,
		"INSERT INTO opt_out (address_key, is_out, at_ms) VALUES (?1, ?2, ?3)"
		" ON CONFLICT (address_key) DO UPDATE SET is_out = excluded.is_out,"
		" at_ms = excluded.at_ms",
		RD_ARGS(rd_blob(key, sizeof key), rd_int(is_out), rd_int(now_ms)), NULL, err);
}

enum rd_rc rd_contact_opt_out(
	struct rd_tx *tx, const char *address, int64_t now_ms, struct rd_err *err)
{
	return set_opt_out(tx, address, true, now_ms, err);
}

enum rd_rc rd_contact_opt_in(
	struct rd_tx *tx, const char *address, int64_t now_ms, struct rd_err *err)
{
	return set_opt_out(tx, address, false, now_ms, err);
}

enum rd_rc rd_contact_opted_out(
	struct rd_db *db, const char *address, bool *ret_out, struct rd_err *err)
{
	uint8_t key[RD_STORE_KEY_BYTES];
	int64_t is_out = 0;

	rd_store_address_key(rd_db_store(db), address, key);
	RD_TRY(rd_sql_int(db, "SELECT is_out FROM opt_out WHERE address_key = ?1",
		RD_ARGS(rd_blob(key, sizeof key)), 0, &is_out, err));
	*ret_out = is_out != 0;
	return RD_OK;
}

static enum rd_rc wrong_codes(
	struct rd_db *db, const uint8_t *key, const char *day, int64_t *ret_n, struct rd_err *err)
{
	return rd_sql_int(db, "SELECT n FROM wrong_code WHERE address_key = ?1 AND on_day = ?2",
		RD_ARGS(rd_blob(key, RD_STORE_KEY_BYTES), rd_text(day)), 0, ret_n, err);
}

enum rd_rc rd_contact_wrong_code(struct rd_tx *tx, const char *address, struct rd_date today,
	int *ret_count, struct rd_err *err)
{
	uint8_t key[RD_STORE_KEY_BYTES];
	char day[RD_DATE_MAX];
	int64_t n = 0;

	rd_store_address_key(rd_db_store(rd_tx_db(tx)), address, key);
	RD_TRY(rd_sql_change(tx,
		"INSERT INTO wrong_code (address_key, on_day, n) VALUES (?1, ?2, 1)"
		" ON CONFLICT (address_key, on_day) DO UPDATE SET n = wrong_code.n + 1",
		RD_ARGS(rd_blob(key, sizeof key), rd_text(rd_date_format(today, day))), NULL, err));
	RD_TRY(wrong_codes(rd_tx_db(tx), key, day, &n, err));
	*ret_count = (int)n;
	return RD_OK;
}

enum rd_rc rd_contact_codes_work(struct rd_db *db, const char *address, struct rd_date today,
	bool *ret_work, struct rd_err *err)
{
	uint8_t key[RD_STORE_KEY_BYTES];
	char day[RD_DATE_MAX];
	int64_t n = 0;

	rd_store_address_key(rd_db_store(db), address, key);
	RD_TRY(wrong_codes(db, key, rd_date_format(today, day), &n, err));
	*ret_work = n < RD_WRONG_CODES_MAX;
	return RD_OK;
}

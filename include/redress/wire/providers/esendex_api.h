/* esendex_api: sending, asking and listing of providers/esendex.h; private to that module's table.
 *
 * Answers to a send: 200 with a header's id taken; 429 certainly not taken; 401 to 404 and 402 (no
 * credit) our account, tried again until a person mends it; any other 4xx refused for good; 5xx and
 * whatever cannot be read uncertain.
 */
#ifndef REDRESS_WIRE_PROVIDERS_ESENDEX_API_H
#define REDRESS_WIRE_PROVIDERS_ESENDEX_API_H

#include "redress/wire/providers/provider.h"

enum rd_rc rd_esendex_build_send(const struct rd_provider_account *account,
	const struct rd_provider_send *send, struct rd_arena *arena,
	struct rd_http_request *ret_request, struct rd_err *err);
void rd_esendex_read_sent(const struct rd_provider_account *account,
	const struct rd_provider_send *send, const struct rd_http_response *response,
	struct rd_arena *arena, struct rd_provider_sent *ret_sent);
enum rd_rc rd_esendex_build_ask(const struct rd_provider_account *account,
	const struct rd_provider_send *send, const char *next_url, struct rd_arena *arena,
	struct rd_http_request *ret_request, struct rd_err *err);
enum rd_rc rd_esendex_read_asked(const struct rd_provider_account *account,
	const struct rd_provider_send *send, const struct rd_http_response *response,
	struct rd_arena *arena, struct rd_provider_asked *ret_asked, struct rd_err *err);
enum rd_rc rd_esendex_build_list(const struct rd_provider_account *account,
	const struct rd_provider_window *window, const char *next_url, struct rd_arena *arena,
	struct rd_http_request *ret_request, struct rd_err *err);
enum rd_rc rd_esendex_read_list(const struct rd_provider_account *account,
	const struct rd_provider_window *window, const char *url,
	const struct rd_http_response *response, struct rd_arena *arena,
	struct rd_provider_listed *ret_listed, struct rd_err *err);
enum rd_rc rd_esendex_build_body(const struct rd_provider_account *account,
	const struct rd_provider_text *text, struct rd_arena *arena,
	struct rd_http_request *ret_request, struct rd_err *err);
enum rd_rc rd_esendex_read_body(const struct rd_provider_account *account,
	const struct rd_http_response *response, struct rd_arena *arena,
	struct rd_provider_text *text, struct rd_err *err);

#endif

/* twilio_list: received texts and their pictures, of providers/twilio.h; private to that module's
 * table.
 *
 * The list is asked by To and by day of sending. Where the number is a messaging service there is
 * no asking by it: the whole account's texts are listed, and those of any other service, or of
 * none, are left out. Pages follow next_page_uri at our own host. A listed text with pictures has
 * their list's address in place of each one's.
 *
 * Pictures are fetched with the account's credentials at the API's own host alone; from there
 * Twilio sends on, without credentials, to where it keeps them: hosts of twilio.com and
 * twiliocdn.com, and the file store (s3) of amazonaws.com, over https at the usual port, and never
 * to an address inside our own network.
 */
#ifndef REDRESS_WIRE_PROVIDERS_TWILIO_LIST_H
#define REDRESS_WIRE_PROVIDERS_TWILIO_LIST_H

#include "redress/wire/providers/encode.h"
#include "redress/wire/providers/provider.h"

/* Their places and types, as the webhook's form has them (MediaUrl0, MediaContentType0, ...). */
RD_MUST_USE enum rd_rc rd_twilio_media(const struct rd_form *form, struct rd_arena *arena,
	struct rd_provider_text *text, struct rd_err *err);

enum rd_rc rd_twilio_build_list(const struct rd_provider_account *account,
	const struct rd_provider_window *window, const char *next_url, struct rd_arena *arena,
	struct rd_http_request *ret_request, struct rd_err *err);
enum rd_rc rd_twilio_read_list(const struct rd_provider_account *account,
	const struct rd_provider_window *window, const char *url,
	const struct rd_http_response *response, struct rd_arena *arena,
	struct rd_provider_listed *ret_listed, struct rd_err *err);
enum rd_rc rd_twilio_build_media(const struct rd_provider_account *account, const char *url,
	struct rd_arena *arena, struct rd_http_request *ret_request, struct rd_err *err);
enum rd_rc rd_twilio_read_media_list(const struct rd_provider_account *account, const char *url,
	const struct rd_http_response *response, struct rd_arena *arena,
	const struct rd_provider_media **ret_media, size_t *ret_n, struct rd_err *err);

#endif

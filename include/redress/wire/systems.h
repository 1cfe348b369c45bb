/* systems: the stanzas for the landlord's own systems: who is told what happens to cases.
 *
 * Part of wire/config.h, which reads them; all strings live as long as the configuration.
 */
#ifndef REDRESS_WIRE_SYSTEMS_H
#define REDRESS_WIRE_SYSTEMS_H

#include <stdbool.h>
#include <stddef.h>
#include "redress/store/case_events.h"

#define RD_OPEN311_MAX	    4
#define RD_SERVICES_MAX	    100 /* codes of one Open311 server */
#define RD_API_TOKENS_MAX   16
#define RD_HOOKS_MAX	    8
#define RD_HOOK_SECRETS_MAX 2 /* the new one and, while they change, the old one */

enum rd_secret_from { RD_SECRET_NONE = 0, RD_SECRET_CREDENTIAL, RD_SECRET_FILE };

struct rd_secret_place {
	enum rd_secret_from from;
	const char *name; /* credential name or absolute path */
};

/* `Webhook: NAME` */
struct rd_hook_config {
	const char *name;
	const char *url;
	struct rd_secret_place secrets[RD_HOOK_SECRETS_MAX]; /* the newest first */
	size_t n_secrets;
	bool events[RD_N_CASE_EVENTS]; /* that it is told */
	const char *landlord;	       /* "" : every landlord's */
	bool allow_internal;	       /* addresses of our own network may be called */
	const char *ca_file;	       /* "" : the system's store */
};

/* `Open311: NAME` */
struct rd_open311_service {
	const char *topic, *code; /* `Service: TOPIC = CODE` */
};
struct rd_open311_config {
	const char *name;
	const char *url;	  /* without a slash at its end; /requests.json is put behind it */
	const char *jurisdiction; /* "" none */
	struct rd_secret_place api_key;
	const struct rd_open311_service *services;
	size_t n_services;
	const char *default_service;
	const char *address;   /* what stands for the place, which we do not know */
	const char *attribute; /* that our reference goes into; "" none */
	bool send_words;       /* the resident's words go with it */
	bool lists_all;	       /* its list shows every request at once: absent is not taken */
	const char *landlord;  /* "" : every landlord's */
	bool allow_internal;
	const char *ca_file;
};

/* Who reads, and what they see: store/case_json.h. */
enum rd_api_role { RD_API_READER = 0, RD_API_OFFICER, RD_API_MANAGER, RD_N_API_ROLES };
extern const char *const rd_api_role_names[RD_N_API_ROLES + 1];

#define RD_API_REQUESTS_USUAL 300 /* a minute, of one token */
#define RD_API_REQUESTS_MAX   6000

/* `API token: NAME` */
struct rd_api_token_config {
	const char *name;
	struct rd_secret_place token;
	enum rd_api_role role;
	const char *landlord; /* "" : every landlord's cases */
	int requests_a_minute;
};

#endif

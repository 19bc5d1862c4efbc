/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/typed-param.h"

#include "conf/error.h"
#include "conf/i18n.h"

/* virTypedParameterType. */
static const char *const type_words[] = {
    "unknown", "int", "uint", "llong", "ullong", "double", "boolean", "string",
};

static const char *
type_word(int type)
{
    return type > 0 && (gsize)type < G_N_ELEMENTS(type_words) ? type_words[type] : type_words[0];
}

gboolean
virtcpu_typed_param_refuse_unknown(const char *name, GError **error)
{
    virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("parameter '%s' not supported"), name);
    return FALSE;
}

gboolean
virtcpu_typed_param_refuse_second(const char *name, GError **error)
{
    virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("parameter '%s' occurs multiple times"),
                      name);
    return FALSE;
}

gboolean
virtcpu_typed_param_refuse_type(const char *name, int type, int expected, GError **error)
{
    virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                      _("invalid type '%s' for parameter '%s', expected '%s'"), type_word(type),
                      name, type_word(expected));
    return FALSE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/xml.h"

#include "config.h"

#include <libxml/relaxng.h>
#include <libxml/xmlerror.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlRelaxNG, xmlRelaxNGFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlRelaxNGParserCtxt, xmlRelaxNGFreeParserCtxt)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlRelaxNGValidCtxt, xmlRelaxNGFreeValidCtxt)

/* Later releases of libxml2 hand out the error const. */
#if LIBXML_VERSION >= 21200
typedef const xmlError SchemaError;
#else
typedef xmlError SchemaError;
#endif

static void
collect(void *data, SchemaError *detail)
{
    GString *reasons = data;
    g_autofree char *message = g_strdup(detail->message != NULL ? detail->message : "");

    g_string_append_printf(reasons, _("\nline %d: %s"), detail->line, g_strchomp(message));
}

/* Where @schema is (transfer full), or NULL. */
static char *
find_schema(const char *schema)
{
    const char *folders[] = { g_getenv("VIRTCPU_SCHEMA_DIR"), VIRTCPU_SCHEMADIR,
                              VIRTCPU_SOURCE_SCHEMADIR };

    for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *path = NULL;

        if (folders[i] == NULL) {
            continue;
        }
        path = g_build_filename(folders[i], schema, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
            return g_steal_pointer(&path);
        }
    }
    return NULL;
}

static xmlRelaxNG *
load_schema(const char *path, GError **error)
{
    g_autoptr(xmlRelaxNGParserCtxt) parser = xmlRelaxNGNewParserCtxt(path);
    g_autoptr(GString) reasons = g_string_new(NULL);
    xmlRelaxNG *grammar = NULL;

    if (parser != NULL) {
        xmlRelaxNGSetParserStructuredErrors(parser, collect, reasons);
        grammar = xmlRelaxNGParse(parser);
    }
    if (grammar == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("Unable to parse RNG %s: %s"), path,
                          reasons->str);
    }
    return grammar;
}

gboolean
virtcpu_xml_validate(xmlDoc *doc, const char *schema, GError **error)
{
    g_autofree char *path = find_schema(schema);
    g_autoptr(xmlRelaxNG) grammar = NULL;
    g_autoptr(xmlRelaxNGValidCtxt) context = NULL;
    g_autoptr(GString) reasons = g_string_new(NULL);

    if (path == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("the schema %s is not installed; run from the source tree or install "
                            "virtcpu completely"),
                          schema);
        return FALSE;
    }
    grammar = load_schema(path, error);
    if (grammar == NULL) {
        return FALSE;
    }
    context = xmlRelaxNGNewValidCtxt(grammar);
    xmlRelaxNGSetValidStructuredErrors(context, collect, reasons);
    if (xmlRelaxNGValidateDoc(context, doc) == 0) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_XML_INVALID_SCHEMA,
                      _("Unable to validate doc against %s%s"), path, reasons->str);
    return FALSE;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/migration-cookie.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "conf/xml.h"

#include <string.h>

#define ROOT         "qemu-migration"
#define LOCAL_DAEMON "qemu+unix:///"
#define HEX_DIGITS   "0123456789abcdef"

static const char *const feature_words[] = {
    "graphics", "lockstate",   "persistent",     "network",
    "nbd",      "statistics",  "memory-hotplug", "cpu-hotplug",
    "cpu",      "allowReboot", "capabilities",   "block-dirty-bitmaps",
};
G_STATIC_ASSERT(G_N_ELEMENTS(feature_words) == VIRTCPU_COOKIE_FEATURE_LAST);
static const VirtCpuWords cookie_features = { feature_words, VIRTCPU_COOKIE_FEATURE_LAST };

static void
capability_free(gpointer data)
{
    g_free(((VirtCpuCookieCapability *)data)->name);
    g_free(data);
}

static void
statistic_free(gpointer data)
{
    g_free(((VirtCpuCookieStatistic *)data)->name);
    g_free(data);
}

VirtCpuMigrationCookie *
virtcpu_migration_cookie_new(void)
{
    VirtCpuMigrationCookie *cookie = g_new0(VirtCpuMigrationCookie, 1);

    cookie->statistics = g_ptr_array_new_with_free_func(statistic_free);
    cookie->capabilities = g_ptr_array_new_with_free_func(capability_free);
    return cookie;
}

void
virtcpu_migration_cookie_free(VirtCpuMigrationCookie *cookie)
{
    if (cookie == NULL) {
        return;
    }
    g_free(cookie->name);
    g_free(cookie->hostname);
    g_free(cookie->persistent);
    g_ptr_array_unref(cookie->statistics);
    virtcpu_def_free(cookie->cpu);
    g_ptr_array_unref(cookie->capabilities);
    g_free(cookie->abi);
    g_free(cookie->daemon);
    g_free(cookie->place);
    g_free(cookie->secret);
    g_free(cookie->passport);
    g_free(cookie);
}

void
virtcpu_migration_cookie_add_capability(VirtCpuMigrationCookie *cookie, const char *name,
                                        gboolean automatic)
{
    VirtCpuCookieCapability *capability = g_new0(VirtCpuCookieCapability, 1);

    capability->name = g_strdup(name);
    capability->automatic = automatic;
    g_ptr_array_add(cookie->capabilities, capability);
    cookie->has_capabilities = TRUE;
}

void
virtcpu_migration_cookie_add_statistic(VirtCpuMigrationCookie *cookie, const char *name,
                                       guint64 value)
{
    VirtCpuCookieStatistic *statistic = g_new0(VirtCpuCookieStatistic, 1);

    statistic->name = g_strdup(name);
    statistic->value = value;
    g_ptr_array_add(cookie->statistics, statistic);
}

gboolean
virtcpu_migration_cookie_check_features(const VirtCpuMigrationCookie *cookie, unsigned accepted,
                                        GError **error)
{
    for (int i = 0; i < VIRTCPU_COOKIE_FEATURE_LAST; i++) {
        if ((cookie->mandatory & ~accepted & (1u << i)) != 0) {
            virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                              _("Unsupported migration cookie feature %s"), feature_words[i]);
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- reading ---- */

/* The text of child @name, which must be there (transfer full). */
static char *
take_text(xmlNode *root, const char *name, GError **error)
{
    xmlNode *node = virtcpu_xml_child(root, name);
    g_autofree char *text = node != NULL ? virtcpu_xml_text(node) : NULL;

    if (text == NULL || text[0] == '\0') {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("missing %s element in migration data"), name);
        return NULL;
    }
    return g_steal_pointer(&text);
}

static gboolean
take_uuid(xmlNode *root, const char *name, guint8 uuid[VIRTCPU_UUID_BYTES], GError **error)
{
    g_autofree char *text = take_text(root, name, error);

    if (text == NULL) {
        return FALSE;
    }
    if (!virtcpu_uuid_from_string(text, uuid)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("element %s in migration data is no UUID: '%s'"), name, text);
        return FALSE;
    }
    return TRUE;
}

static gboolean
read_names(VirtCpuMigrationCookie *cookie, xmlNode *root, GError **error)
{
    cookie->name = take_text(root, "name", error);
    if (cookie->name == NULL || !take_uuid(root, "uuid", cookie->uuid, error)) {
        return FALSE;
    }
    cookie->hostname = take_text(root, "hostname", error);
    return cookie->hostname != NULL && take_uuid(root, "hostuuid", cookie->host_uuid, error);
}

static gboolean
read_features(VirtCpuMigrationCookie *cookie, xmlNode *root, GError **error)
{
    for (xmlNode *node = virtcpu_xml_child(root, "feature"); node != NULL;
         node = virtcpu_xml_next(node)) {
        g_autofree char *name = virtcpu_xml_attribute(node, "name");
        const int feature = virtcpu_words_from_string(&cookie_features, name);

        if (feature < 0) {
            virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                              _("Unknown migration cookie feature %s"), name != NULL ? name : "");
            return FALSE;
        }
        cookie->mandatory |= 1u << feature;
    }
    return TRUE;
}

static gboolean
refuse_many(const char *element, GError **error)
{
    virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                      _("element %s in migration data has more than %d children"), element,
                      VIRTCPU_MIGRATION_COOKIE_MAX_ITEMS);
    return FALSE;
}

static gboolean
read_capabilities(VirtCpuMigrationCookie *cookie, xmlNode *root, GError **error)
{
    xmlNode *list = virtcpu_xml_child(root, "capabilities");

    cookie->has_capabilities = list != NULL;
    for (xmlNode *node = list != NULL ? virtcpu_xml_child(list, "cap") : NULL; node != NULL;
         node = virtcpu_xml_next(node)) {
        g_autofree char *name = virtcpu_xml_attribute(node, "name");
        g_autofree char *automatic = virtcpu_xml_attribute(node, "auto");

        if (name == NULL) {
            virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                              _("missing name of a capability in migration data"));
            return FALSE;
        }
        if (cookie->capabilities->len == VIRTCPU_MIGRATION_COOKIE_MAX_ITEMS) {
            return refuse_many("capabilities", error);
        }
        virtcpu_migration_cookie_add_capability(cookie, name, g_strcmp0(automatic, "yes") == 0);
    }
    return TRUE;
}

/* A number that cannot be read is left out: statistics decide nothing. */
static gboolean
read_statistics(VirtCpuMigrationCookie *cookie, xmlNode *root, GError **error)
{
    xmlNode *list = virtcpu_xml_child(root, "statistics");

    for (xmlNode *node = list != NULL ? list->children : NULL; node != NULL; node = node->next) {
        g_autofree char *text = NULL;
        guint64 value;

        if (node->type != XML_ELEMENT_NODE || node->ns != NULL) {
            continue;
        }
        if (cookie->statistics->len == VIRTCPU_MIGRATION_COOKIE_MAX_ITEMS) {
            return refuse_many("statistics", error);
        }
        text = virtcpu_xml_text(node);
        if (g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, &value, NULL)) {
            virtcpu_migration_cookie_add_statistic(cookie, (const char *)node->name, value);
        }
    }
    return TRUE;
}

/* @node as a document's text, with the namespaces it uses (transfer full). */
static char *
dump_element(xmlNode *node)
{
    g_autoptr(xmlDoc) doc = xmlNewDoc((const xmlChar *)"1.0");
    xmlNode *copy = xmlDocCopyNode(node, doc, 1);
    xmlBuffer *buffer = xmlBufferCreate();
    char *text = NULL;

    xmlDocSetRootElement(doc, copy);
    if (xmlNodeDump(buffer, doc, copy, 0, 0) > 0) {
        text = g_strdup((const char *)xmlBufferContent(buffer));
    }
    xmlBufferFree(buffer);
    return text;
}

static gboolean
read_documents(VirtCpuMigrationCookie *cookie, xmlNode *root, GError **error)
{
    xmlNode *domain = virtcpu_xml_child(root, "domain");
    xmlNode *cpu = virtcpu_xml_child(root, "cpu");

    if (virtcpu_xml_child(root, "lockstate") != NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("the source holds leases of a lock manager, which this host has none "
                            "of"));
        return FALSE;
    }
    if (domain != NULL) {
        cookie->persistent = dump_element(domain);
    }
    if (cpu != NULL) {
        cookie->cpu = virtcpu_def_parse_node(cpu, VIRTCPU_DEF_GUEST, error);
    }
    return cpu == NULL || cookie->cpu != NULL;
}

static xmlNode *
find_own(xmlNode *root, const char *name, const char *uri)
{
    for (xmlNode *node = root->children; node != NULL; node = node->next) {
        if (node->type == XML_ELEMENT_NODE && node->ns != NULL &&
            xmlStrEqual(node->ns->href, (const xmlChar *)uri) &&
            xmlStrEqual(node->name, (const xmlChar *)name)) {
            return node;
        }
    }
    return NULL;
}

static gboolean
read_witness(VirtCpuMigrationCookie *cookie, xmlNode *sender, GError **error)
{
    if (!virtcpu_xml_attribute_uint(sender, "witness", FALSE, &cookie->witness, error)) {
        return FALSE;
    }
    if (cookie->witness > G_MAXUINT16) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("attribute witness in migration data is no port: %u"), cookie->witness);
        return FALSE;
    }
    return TRUE;
}

/* The daemon is connected to, by a library that runs commands for other kinds of URIs. */
static gboolean
check_contacts(const VirtCpuMigrationCookie *cookie, GError **error)
{
    if (cookie->daemon != NULL && !g_str_has_prefix(cookie->daemon, LOCAL_DAEMON)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("attribute daemon in migration data is no URI of a local socket: '%s'"),
                          cookie->daemon);
        return FALSE;
    }
    if (cookie->secret != NULL && cookie->secret[strspn(cookie->secret, HEX_DIGITS)] != '\0') {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("attribute secret in migration data is no hexadecimal number"));
        return FALSE;
    }
    return TRUE;
}

static gboolean
read_own(VirtCpuMigrationCookie *cookie, xmlNode *root, GError **error)
{
    xmlNode *sender = find_own(root, "sender", VIRTCPU_MIGRATION_NAMESPACE);
    xmlNode *passport = find_own(root, "passport", VIRTCPU_MIGRATION_PASSPORT_NAMESPACE);

    if (passport != NULL) {
        cookie->passport = dump_element(passport);
    }
    if (sender == NULL) {
        return TRUE;
    }
    cookie->abi = virtcpu_xml_attribute(sender, "abi");
    cookie->daemon = virtcpu_xml_attribute(sender, "daemon");
    cookie->place = virtcpu_xml_attribute(sender, "place");
    cookie->secret = virtcpu_xml_attribute(sender, "secret");
    return virtcpu_xml_attribute_uint(sender, "format", FALSE, &cookie->abi_format, error) &&
           read_witness(cookie, sender, error) && check_contacts(cookie, error);
}

static VirtCpuMigrationCookie *
read_cookie(xmlNode *root, GError **error)
{
    g_autoptr(VirtCpuMigrationCookie) cookie = virtcpu_migration_cookie_new();

    if (!xmlStrEqual(root->name, (const xmlChar *)ROOT)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("migration data is a <%s>, not a <qemu-migration>"),
                          (const char *)root->name);
        return NULL;
    }
    if (!read_names(cookie, root, error) || !read_features(cookie, root, error) ||
        !read_documents(cookie, root, error) || !read_statistics(cookie, root, error) ||
        !read_capabilities(cookie, root, error) || !read_own(cookie, root, error)) {
        return NULL;
    }
    return g_steal_pointer(&cookie);
}

VirtCpuMigrationCookie *
virtcpu_migration_cookie_parse(const char *data, gsize length, GError **error)
{
    g_autoptr(xmlDoc) doc = NULL;

    if (length == 0 || length > VIRTCPU_MIGRATION_COOKIE_MAX_BYTES || data[length - 1] != '\0' ||
        strlen(data) != length - 1) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("Migration cookie was not NULL terminated"));
        return NULL;
    }
    doc = virtcpu_xml_parse(data, error);
    return doc != NULL ? read_cookie(xmlDocGetRootElement(doc), error) : NULL;
}

/* ---- writing ---- */

static void
format_names(const VirtCpuMigrationCookie *cookie, GString *out)
{
    g_autofree char *uuid = virtcpu_uuid_to_string(cookie->uuid);
    g_autofree char *host_uuid = virtcpu_uuid_to_string(cookie->host_uuid);

    virtcpu_xml_append_element(out, 2, "name", cookie->name);
    virtcpu_xml_append_element(out, 2, "uuid", uuid);
    virtcpu_xml_append_element(out, 2, "hostname", cookie->hostname);
    virtcpu_xml_append_element(out, 2, "hostuuid", host_uuid);
    for (int i = 0; i < VIRTCPU_COOKIE_FEATURE_LAST; i++) {
        if ((cookie->mandatory & (1u << i)) != 0) {
            g_string_append_printf(out, "  <feature name='%s'/>\n", feature_words[i]);
        }
    }
}

static void
format_statistics(const VirtCpuMigrationCookie *cookie, GString *out)
{
    if (cookie->statistics->len == 0) {
        return;
    }
    g_string_append(out, "  <statistics>\n");
    for (guint i = 0; i < cookie->statistics->len; i++) {
        const VirtCpuCookieStatistic *statistic = g_ptr_array_index(cookie->statistics, i);

        g_string_append_printf(out, "    <%s>%" G_GUINT64_FORMAT "</%s>\n", statistic->name,
                               statistic->value, statistic->name);
    }
    g_string_append(out, "  </statistics>\n");
}

static void
format_capabilities(const VirtCpuMigrationCookie *cookie, GString *out)
{
    if (!cookie->has_capabilities) {
        return;
    }
    g_string_append(out, "  <capabilities>\n");
    for (guint i = 0; i < cookie->capabilities->len; i++) {
        const VirtCpuCookieCapability *capability = g_ptr_array_index(cookie->capabilities, i);

        g_string_append(out, "    <cap");
        virtcpu_xml_append_attribute(out, "name", capability->name);
        g_string_append_printf(out, " auto='%s'/>\n", capability->automatic ? "yes" : "no");
    }
    g_string_append(out, "  </capabilities>\n");
}

static void
format_own(const VirtCpuMigrationCookie *cookie, GString *out)
{
    g_string_append(out, "  <virtcpu:sender");
    virtcpu_xml_append_attribute(out, "xmlns:virtcpu", VIRTCPU_MIGRATION_NAMESPACE);
    if (cookie->abi_format != 0) {
        g_string_append_printf(out, " format='%u'", cookie->abi_format);
    }
    virtcpu_xml_append_attribute(out, "abi", cookie->abi);
    virtcpu_xml_append_attribute(out, "daemon", cookie->daemon);
    virtcpu_xml_append_attribute(out, "place", cookie->place);
    virtcpu_xml_append_attribute(out, "secret", cookie->secret);
    if (cookie->witness != 0) {
        g_string_append_printf(out, " witness='%u'", cookie->witness);
    }
    g_string_append(out, "/>\n");
    if (cookie->passport != NULL) {
        g_string_append_printf(out, "%s\n", cookie->passport);
    }
}

char *
virtcpu_migration_cookie_format(const VirtCpuMigrationCookie *cookie)
{
    GString *out = g_string_new("<" ROOT ">\n");

    format_names(cookie, out);
    if (cookie->persistent != NULL) {
        g_string_append(out, cookie->persistent);
        g_string_append_c(out, '\n');
    }
    format_statistics(cookie, out);
    if (cookie->cpu != NULL) {
        virtcpu_def_format(cookie->cpu, 2, out);
    }
    format_capabilities(cookie, out);
    format_own(cookie, out);
    g_string_append(out, "</" ROOT ">\n");
    return g_string_free(out, FALSE);
}

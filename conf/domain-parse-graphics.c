/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <graphics>, <audio> and <video>. */
#include "conf/cpu-words.h"
#include "conf/domain-parse.h"
#include "conf/domain-words.h"
#include "conf/error.h"
#include "conf/i18n.h"

static const VirtCpuXmlRule graphics_rule = {
    .attributes = "type port autoport listen socket passwd keymap",
    .once = "listen audio",
};
static const VirtCpuXmlRule spice_rule = {
    .attributes = "type port tlsPort autoport listen passwd keymap",
    .once = "listen audio " VIRTCPU_SPICE_ELEMENTS,
};
static const VirtCpuXmlRule audio_rule = { .attributes = "id type" };
static const VirtCpuXmlRule audio_of_graphics_rule = { .attributes = "id" };
static const VirtCpuXmlRule video_rule = { .once = "model alias address" };
static const VirtCpuXmlRule model_rule = { .attributes =
                                               "type ram vram vram64 vgamem heads primary" };
static const VirtCpuXmlRule listen_rule = { .attributes = "type address socket" };

static gboolean
parse_listen(VirtCpuGraphicsDef *graphics, xmlNode *node, GError **error)
{
    g_autofree char *type = NULL;
    g_autofree char *address = virtcpu_xml_attribute(node, "address");
    g_autofree char *socket = virtcpu_xml_attribute(node, "socket");

    if (!virtcpu_xml_check(node, &listen_rule, error) ||
        !virtcpu_domain_parse_word(node, "type", &virtcpu_listen_type_words, TRUE, &type, error)) {
        return FALSE;
    }
    if (g_str_equal(type, "socket") && socket == NULL && graphics->socket == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("a <listen> of type 'socket' (line %ld) needs a path in socket="),
                          xmlGetLineNo(node));
        return FALSE;
    }
    if ((address != NULL && graphics->listen != NULL && !g_str_equal(address, graphics->listen)) ||
        (socket != NULL && graphics->socket != NULL && !g_str_equal(socket, graphics->socket))) {
        virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                          _("attribute of <graphics> must match that of its <listen> element (line "
                            "%ld)"),
                          xmlGetLineNo(node));
        return FALSE;
    }
    if (graphics->listen == NULL) {
        graphics->listen = g_steal_pointer(&address);
    }
    if (graphics->socket == NULL) {
        graphics->socket = g_steal_pointer(&socket);
    }
    return TRUE;
}

/* port -1 and autoport mean the same; a fixed port is meant when one is written without autoport.
 */
static gboolean
parse_port(VirtCpuGraphicsDef *graphics, xmlNode *node, GError **error)
{
    g_autofree char *text = virtcpu_xml_attribute(node, "port");
    int autoport = VIRTCPU_TRISTATE_ABSENT;
    guint64 port = 0;

    if (!virtcpu_xml_choice(node, "autoport", &virtcpu_bool_words, VIRTCPU_TRISTATE_YES, &autoport,
                            error)) {
        return FALSE;
    }
    if (text == NULL || g_str_equal(text, "-1")) {
        graphics->port = -1;
        graphics->autoport = TRUE;
        return TRUE;
    }
    if (!virtcpu_xml_number(node, "port", text, G_MAXUINT16, &port, error)) {
        return FALSE;
    }
    graphics->autoport = autoport == VIRTCPU_TRISTATE_YES || port == 0;
    /* beside autoport it is that of a guest that runs; completion drops it */
    graphics->port = port == 0 ? -1 : (int)port;
    return TRUE;
}

/* A server has one door: a socket, or a port at an address. */
static gboolean
check_door(const VirtCpuGraphicsDef *graphics, xmlNode *node, GError **error)
{
    if (graphics->socket == NULL || (graphics->listen == NULL && graphics->autoport)) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                      _("<graphics> (line %ld) cannot have both socket '%s' and a port or an "
                        "address"),
                      xmlGetLineNo(node), graphics->socket);
    return FALSE;
}

static gboolean
parse_audio_of_graphics(VirtCpuGraphicsDef *graphics, xmlNode *node, GError **error)
{
    return virtcpu_xml_check(node, &audio_of_graphics_rule, error) &&
           virtcpu_domain_parse_positive(node, "id", TRUE, &graphics->audio_id, error);
}

gboolean
virtcpu_domain_parse_audio(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    VirtCpuAudioDef *audio = virtcpu_domain_new_device(def, VIRTCPU_DEVICE_AUDIO, node);

    return virtcpu_xml_check(node, &audio_rule, error) &&
           virtcpu_domain_parse_word(node, "type", &virtcpu_audio_type_words, TRUE, &audio->type,
                                     error) &&
           virtcpu_domain_parse_positive(node, "id", TRUE, &audio->id, error);
}

static gboolean
parse_spice_option(VirtCpuGraphicsDef *graphics, xmlNode *node, VirtCpuSpiceOption option,
                   GError **error)
{
    const VirtCpuSpiceRow *row = virtcpu_spice_row(option);
    const VirtCpuXmlRule rule = { .attributes = row->attribute };
    g_autofree char *text = virtcpu_xml_attribute(node, row->attribute);
    int word = text != NULL ? virtcpu_words_from_string(row->words, text) : -1;

    if (word < 0) {
        return virtcpu_domain_refuse(node, row->attribute, text, error);
    }
    graphics->spice[option] = (guint8)(word + 1);
    return virtcpu_xml_check(node, &rule, error);
}

/* There are no certificates for a TLS port. */
static gboolean
parse_spice(VirtCpuGraphicsDef *graphics, xmlNode *node, GError **error)
{
    g_autofree char *tls = virtcpu_xml_attribute(node, "tlsPort");

    graphics->is_spice = TRUE;
    if (tls != NULL && !g_str_equal(tls, "-1")) {
        return virtcpu_domain_refuse(node, "tlsPort", tls, error);
    }
    for (VirtCpuSpiceOption option = 0; option < VIRTCPU_SPICE_OPTION_LAST; option++) {
        xmlNode *child = virtcpu_xml_child(node, virtcpu_spice_row(option)->element);

        if (child != NULL && !parse_spice_option(graphics, child, option, error)) {
            return FALSE;
        }
    }
    return virtcpu_xml_check(node, &spice_rule, error);
}

gboolean
virtcpu_domain_parse_graphics(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    g_autofree char *type = virtcpu_xml_attribute(node, "type");
    VirtCpuGraphicsDef *graphics = virtcpu_domain_new_device(def, VIRTCPU_DEVICE_GRAPHICS, node);
    xmlNode *listen = virtcpu_xml_child(node, "listen");
    xmlNode *audio = virtcpu_xml_child(node, "audio");

    const int kind =
        type != NULL ? virtcpu_words_from_string(&virtcpu_graphics_type_words, type) : -1;

    if (kind < 0) {
        return virtcpu_domain_refuse(node, "type", type, error);
    }
    graphics->listen = virtcpu_xml_attribute(node, "listen");
    graphics->socket = virtcpu_xml_attribute(node, "socket");
    graphics->password = virtcpu_xml_attribute(node, "passwd");
    graphics->keymap = virtcpu_xml_attribute(node, "keymap");
    return (kind == 0 ? virtcpu_xml_check(node, &graphics_rule, error)
                      : parse_spice(graphics, node, error)) &&
           parse_port(graphics, node, error) &&
           (listen == NULL || parse_listen(graphics, listen, error)) &&
           (audio == NULL || parse_audio_of_graphics(graphics, audio, error)) &&
           check_door(graphics, node, error);
}

static gboolean
parse_qxl(VirtCpuVideoDef *video, xmlNode *node, GError **error)
{
    const struct {
        const char *name;
        unsigned *value;
    } rows[] = { { "ram", &video->qxl_ram_kib },
                 { "vram64", &video->qxl_vram64_kib },
                 { "vgamem", &video->qxl_vgamem_kib } };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (!virtcpu_xml_attribute_uint(node, rows[i].name, FALSE, rows[i].value, error)) {
            return FALSE;
        }
        if (*rows[i].value != 0 && !g_str_equal(video->model, "qxl")) {
            virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                              _("%s attribute only supported for video type qxl (line %ld)"),
                              rows[i].name, xmlGetLineNo(node));
            return FALSE;
        }
    }
    return TRUE;
}

/* The first card is the primary one, wherever the attribute stands in a document of libvirt's. */
static gboolean
parse_model(VirtCpuDomainDef *def, VirtCpuVideoDef *video, xmlNode *node, GError **error)
{
    g_autofree char *primary = virtcpu_xml_attribute(node, "primary");
    const gboolean is_first = g_ptr_array_index(def->videos, 0) == video;

    if (primary != NULL && !g_str_equal(primary, is_first ? "yes" : "no")) {
        return virtcpu_domain_refuse(node, "primary", primary, error);
    }
    return virtcpu_xml_check(node, &model_rule, error) &&
           virtcpu_domain_parse_word(node, "type", &virtcpu_video_model_words, TRUE, &video->model,
                                     error) &&
           parse_qxl(video, node, error) &&
           virtcpu_xml_attribute_uint(node, "vram", FALSE, &video->vram_kib, error) &&
           virtcpu_xml_attribute_uint(node, "heads", FALSE, &video->heads, error);
}

gboolean
virtcpu_domain_parse_video(VirtCpuDomainDef *def, xmlNode *node, GError **error)
{
    VirtCpuVideoDef *video = virtcpu_domain_new_device(def, VIRTCPU_DEVICE_VIDEO, node);
    xmlNode *model = virtcpu_xml_child(node, "model");

    return virtcpu_xml_check(node, &video_rule, error) &&
           (model == NULL || parse_model(def, video, model, error)) &&
           virtcpu_domain_parse_info(node, &video->info, error);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/graphics-spice.h"

static const char *const images[] = { "auto_glz", "auto_lz", "quic", "glz", "lz", "off" };
static const char *const wan_compressions[] = { "auto", "never", "always" };
static const char *const switches[] = { "on", "off" };
static const char *const streamings[] = { "filter", "all", "off" };
static const char *const mice[] = { "server", "client" };
static const char *const answers[] = { "yes", "no" };

static VIRTCPU_WORDS_DEFINE_LIST(image_words, images);
static VIRTCPU_WORDS_DEFINE_LIST(wan_words, wan_compressions);
static VIRTCPU_WORDS_DEFINE_LIST(switch_words, switches);
static VIRTCPU_WORDS_DEFINE_LIST(streaming_words, streamings);
static VIRTCPU_WORDS_DEFINE_LIST(mouse_words, mice);
static VIRTCPU_WORDS_DEFINE_LIST(answer_words, answers);

/* the mouse of a client is the agent's */
static const char *const agent_mice[] = { "off", "on" };
/* QEMU is told what to leave out */
static const char *const disabled[] = { "", "on" };

static const VirtCpuSpiceRow rows[] = {
    [VIRTCPU_SPICE_IMAGE] = { "image", "compression", &image_words, "image-compression", NULL },
    [VIRTCPU_SPICE_JPEG] = { "jpeg", "compression", &wan_words, "jpeg-wan-compression", NULL },
    [VIRTCPU_SPICE_ZLIB] = { "zlib", "compression", &wan_words, "zlib-glz-wan-compression", NULL },
    [VIRTCPU_SPICE_PLAYBACK] = { "playback", "compression", &switch_words, "playback-compression",
                                 NULL },
    [VIRTCPU_SPICE_STREAMING] = { "streaming", "mode", &streaming_words, "streaming-video", NULL },
    [VIRTCPU_SPICE_MOUSE] = { "mouse", "mode", &mouse_words, "agent-mouse", agent_mice },
    [VIRTCPU_SPICE_CLIPBOARD] = { "clipboard", "copypaste", &answer_words, "disable-copy-paste",
                                  disabled },
    [VIRTCPU_SPICE_FILE_TRANSFER] = { "filetransfer", "enable", &answer_words,
                                      "disable-agent-file-xfer", disabled },
};
G_STATIC_ASSERT(G_N_ELEMENTS(rows) == VIRTCPU_SPICE_OPTION_LAST);

const VirtCpuSpiceRow *
virtcpu_spice_row(VirtCpuSpiceOption option)
{
    return &rows[option];
}

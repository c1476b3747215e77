//! What was recorded: one row for each model whose client was listened to.

use holdstill::provider::recipe::Tier::{self, Draft, Final};
use serde_json::{Value, json};

/// A recorded submit and what follows it.
pub struct Case {
    pub recipe: &'static str,
    pub model: (&'static str, Tier),
    pub recorded: &'static str,
    /// Index of the submit.
    pub at: usize,
    /// Path of the base URL that the client was given.
    pub base: &'static str,
    pub values: Value,
    /// What the client's example asked for and we do not send: hooks, and options that are the default.
    pub ignored: &'static [&'static str],
    /// States, oldest first; `-` where the recording has none.
    pub states: &'static str,
    /// End of the clip's address, and what it cost.
    pub ends: (&'static str, &'static str),
}

/// `first` and `last` as `@first.png` are encoded as the recipe says.
pub fn cases() -> Vec<Case> {
    let drift = "the square drifts right";
    let case = |recipe, model, recorded, at, base, values, states, ends| Case {
        recipe,
        model,
        recorded,
        at,
        base,
        values,
        ignored: &[],
        states,
        ends,
    };
    vec![
        case(
            "fal",
            ("fal-ai/bytedance/seedance/v1/pro/fast/image-to-video", Draft),
            "fal",
            2,
            "",
            json!({ "model": "fal-ai/bytedance/seedance/v1/lite/image-to-video", "prompt": drift, "first": "{base}/media/first.png", "last": "@last.png", "duration": 5, "resolution": "480p", "ratio": "auto", "camera_fixed": true, "rng_seed": 0, "safety": true }),
            "queued running succeeded",
            ("/media/o.mp4", "1 units"),
        ),
        Case {
            ignored: &["/webhook", "/webhook_events_filter"],
            ..case(
                "replicate",
                ("bytedance/seedance-1-pro-fast", Draft),
                "replicate",
                1,
                "",
                json!({ "prompt": drift, "first": "{base}/v1/files/cneh2qd", "duration": 5, "resolution": "480p", "ratio": "1:1", "fps": 24, "camera_fixed": true, "rng_seed": 0 }),
                "queued running succeeded",
                ("/delivery/out.mp4", "-"),
            )
        },
        case(
            "ark",
            ("seedance-1-5-pro-251215", Draft),
            "ark_byteplus",
            0,
            "/api/v3",
            json!({ "prompt": drift, "first": "@first.png", "last": "@last.png", "resolution": "480p", "duration": 5, "rng_seed": 7, "camera_fixed": true, "with_audio": false, "draft": true, "service": "default", "expires_secs": 3600 }),
            "queued running succeeded",
            ("/tos/o.mp4", "49000 tokens"),
        ),
        case(
            "ark-cn",
            ("doubao-seedance-1-5-pro-251215", Draft),
            "ark_volcengine",
            0,
            "/api/v3",
            json!({ "prompt": drift, "first": "@first.png", "last": "@last.png", "resolution": "480p", "duration": 5, "rng_seed": 7, "camera_fixed": true, "with_audio": false, "draft": true, "service": "default", "expires_secs": 3600 }),
            "queued running succeeded",
            ("/tos/o.mp4", "49000 tokens"),
        ),
        Case {
            ignored: &["/contentModeration"],
            ..case(
                "runway",
                ("gen4_turbo", Draft),
                "runway",
                2,
                "",
                json!({ "prompt": drift, "ratio": "960:960", "duration": 5, "rng_seed": 0, "first": "runway://eyJfake" }),
                "queued queued running succeeded",
                ("/cdn/out.mp4?_jwt=x", "25 credits"),
            )
        },
        case(
            "runway",
            ("seedance2_5", Draft),
            "runway",
            8,
            "",
            json!({ "prompt": "drift", "ratio": "640:640", "duration": 5, "rng_seed": 7, "first": "@first.png", "last": "@last.png", "with_audio": false, "draft": true }),
            "-",
            ("-", "-"),
        ),
        case(
            "runway",
            ("kling3.0_pro", Final),
            "runway",
            9,
            "",
            json!({ "prompt": "drift", "ratio": "1440:1440", "duration": 5, "first": "@first.png", "last": "@last.png", "with_audio": false, "guidance": 0.5 }),
            "-",
            ("-", "-"),
        ),
        case(
            "luma",
            ("ray-3.2", Draft),
            "luma_agents",
            0,
            "",
            json!({ "prompt": drift, "ratio": "1:1", "duration": 5, "resolution": "360p", "first": "@first.png", "last": "@last.png" }),
            "queued running succeeded",
            ("/cdn/o.mp4", "-"),
        ),
        Case {
            ignored: &["/callback_url"],
            ..case(
                "luma-dream",
                ("ray-flash-2", Draft),
                "luma",
                0,
                "",
                json!({ "prompt": drift, "ratio": "1:1", "duration": 5, "resolution": "540p", "first": "https://example.com/first.png", "last": "https://example.com/last.png" }),
                "queued running succeeded",
                ("/cdn/o.mp4", "-"),
            )
        },
        case(
            "gemini",
            ("gemini-omni-1.2-flash", Draft),
            "google_sdk3",
            0,
            "",
            json!({ "prompt": drift, "ratio": "16:9", "duration": 5, "resolution": "360p", "rng_seed": 7, "first": "@first.png" }),
            "succeeded",
            ("/v1beta/files/vid123", "-"),
        ),
        case(
            "veo",
            ("veo-3.1-fast-generate-preview", Draft),
            "google_veo_sdk2",
            0,
            "",
            json!({ "prompt": drift, "ratio": "16:9", "duration": 8, "resolution": "720p", "negative": "blur", "first": "@first.png", "last": "@last.png" }),
            "running succeeded",
            ("files/vid123:download?alt=media", "-"),
        ),
        case(
            "kling",
            ("kling-v2-6", Draft),
            "kling_jwt",
            0,
            "",
            json!({ "prompt": drift, "negative": "blur", "duration": 5, "mode": "std", "guidance": 0.5, "with_audio": false, "first": "@first.png", "last": "@last.png" }),
            "queued running succeeded",
            ("/cdn/o.mp4", "3.5 units"),
        ),
        case(
            "kling",
            ("kling-v3", Final),
            "kling_apikey",
            0,
            "",
            json!({ "prompt": drift, "negative": "blur", "duration": 5, "mode": "std", "guidance": 0.5, "with_audio": false, "first": "@first.png", "last": "@last.png" }),
            "running succeeded",
            ("/cdn/o.mp4", "3.5 units"),
        ),
        case(
            "minimax",
            ("MiniMax-Hailuo-2.3-Fast", Draft),
            "minimax_v1",
            0,
            "",
            json!({ "prompt": drift, "duration": 6, "resolution": "768p", "first": "@first.png" }),
            "queued queued running succeeded",
            ("/cdn/o.mp4", "-"),
        ),
        case(
            "minimax-h3",
            ("MiniMax-H3", Final),
            "minimax_h3_v2",
            0,
            "",
            json!({ "prompt": drift, "duration": 5, "resolution": "2k", "first": "@first.png", "last": "@last.png" }),
            "queued running succeeded",
            ("/cdn/o.mp4", "5 seconds"),
        ),
        Case {
            ignored: &["/input/extend_prompt", "/input/function"],
            ..case(
                "dashscope",
                ("wan2.6-i2v-flash", Draft),
                "dashscope",
                2,
                "/api/v1",
                json!({ "prompt": drift, "negative": "blur", "duration": 5, "resolution": "720p", "rng_seed": 0, "with_audio": false, "first": "oss://dashscope-instant/x/2026-11-22/u/first.png", "oss_resolve": "enable" }),
                "queued running succeeded",
                ("/oss/o.mp4?Expires=1", "5 seconds"),
            )
        },
        Case {
            ignored: &["/input/extend_prompt", "/input/function"],
            ..case(
                "dashscope",
                ("wan2.2-kf2v-flash", Draft),
                "dashscope",
                6,
                "/api/v1",
                json!({ "prompt": "drift", "resolution": "480p", "rng_seed": 7, "first": "https://example.com/first.png", "last": "https://example.com/last.png" }),
                "-",
                ("-", "-"),
            )
        },
        Case {
            ignored: &["/input/extend_prompt", "/input/function"],
            ..case(
                "dashscope",
                ("wan2.7-i2v", Final),
                "dashscope",
                7,
                "/api/v1",
                json!({ "prompt": "drift", "duration": 5, "resolution": "720p", "rng_seed": 7, "first": "https://example.com/first.png", "last": "https://example.com/last.png" }),
                "-",
                ("-", "-"),
            )
        },
        case(
            "xai",
            ("grok-imagine-video-1.5", Final),
            "xai_rest",
            0,
            "/v1",
            json!({ "prompt": drift, "duration": 5, "ratio": "1:1", "resolution": "480p", "first": "@first.png" }),
            "running succeeded",
            ("/o.mp4", "2500000000 ticks = $0.25"),
        ),
        case(
            "openrouter",
            ("bytedance/seedance-1-5-pro", Draft),
            "openrouter",
            0,
            "/api/v1",
            json!({ "prompt": drift, "duration": 5, "ratio": "1:1", "resolution": "480p", "rng_seed": 0, "with_audio": false, "camera_fixed": true, "first": "@first.png", "last": "@last.png" }),
            "queued running succeeded",
            ("/content?index=0", "0.25 usd = $0.25"),
        ),
        case(
            "openai-videos",
            ("sora-2", Final),
            "openai",
            0,
            "/v1",
            json!({ "prompt": drift, "duration": 4, "size": "720x1280", "first": "@first.png" }),
            "queued running succeeded",
            ("/content?variant=video", "-"),
        ),
        Case {
            ignored: &["/image_url"],
            ..case(
                "huggingface",
                ("Wan-AI/Wan2.2-I2V-A14B", Final),
                "huggingface_router_fal",
                2,
                "",
                json!({ "mapped": "fal-ai/wan-i2v", "prompt": drift, "negative": "blur", "frames": 49, "rng_seed": 7, "first": "@first.png" }),
                "running succeeded",
                ("/media/o.mp4", "-"),
            )
        },
        case(
            "comfy-router",
            ("byteplus/seedance-1-0-pro-fast-251015", Draft),
            "comfy_router",
            0,
            "",
            json!({ "prompt": "drift", "resolution": "480p", "first": "data:image/png;base64,AAAA", "client_id": "b2203700-4aa5-48f9-b253-5d85f5212cc8" }),
            "queued running succeeded",
            ("https://example.com/o.mp4", "12 credits"),
        ),
    ]
}

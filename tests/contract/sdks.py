"""The official clients, each from submit to the downloaded clip or still: `sdks.py NAME BASE` prints its length.

`HOLDSTILL_SDK_GENAI2` names a folder with google-genai 2.34, the last one that asks the Gemini interface for Veo clips.
"""

import base64
import os
import pathlib
import sys
import time
import urllib.request

NAME, BASE = sys.argv[1:]
KEY = "SECRET-KEY-DO-NOT-PRINT"
PNG = "data:image/png;base64,AAAA"
STILL = (pathlib.Path(__file__).parents[2] / "fixtures/providers/first.png").read_bytes()
TRIES, PAUSE_SECS = 20, 0.05


def until(is_over, ask):
    """Asks until the job is over."""
    for _ in range(TRIES):
        job = ask()
        if is_over(job):
            return job
        time.sleep(PAUSE_SECS)
    raise SystemExit(f"{NAME}: the job did not end")


def runway():
    import runwayml

    client = runwayml.RunwayML(api_key=KEY, base_url=BASE, max_retries=0)
    task = client.image_to_video.create(
        model="gen4_turbo", ratio="960:960", duration=5, seed=0, prompt_text="drift",
        prompt_image=[{"uri": PNG, "position": "first"}])
    done = until(lambda task: task.status == "SUCCEEDED", lambda: client.tasks.retrieve(task.id))
    return done.output[0]


def luma_dream():
    import lumaai

    client = lumaai.LumaAI(auth_token=KEY, base_url=BASE, max_retries=0)
    job = client.generations.create(
        model="ray-flash-2", prompt="drift", resolution="540p", duration="5s",
        keyframes={"frame0": {"type": "image", "url": "https://example.com/seed.png"}})
    done = until(lambda job: job.state == "completed", lambda: client.generations.get(job.id))
    return done.assets.video


def replicate():
    import replicate as sdk

    client = sdk.Client(api_token=KEY, base_url=BASE)
    job = client.models.predictions.create(
        model="bytedance/seedance-1-pro-fast",
        input={"prompt": "drift", "image": PNG, "duration": 5, "resolution": "480p", "seed": 0})

    def ask():
        job.reload()
        return job

    return until(lambda job: job.status == "succeeded", ask).output


def openai_videos():
    import warnings

    import openai

    warnings.simplefilter("ignore")
    client = openai.OpenAI(api_key=KEY, base_url=f"{BASE}/v1", max_retries=0)
    job = client.videos.create(
        model="sora-2", prompt="drift", seconds="4", size="720x1280",
        input_reference=("seed.png", b"png", "image/png"))
    done = until(lambda job: job.status == "completed", lambda: client.videos.retrieve(job.id))
    return client.videos.download_content(done.id).read()


def dashscope():
    import dashscope as sdk

    sdk.api_key, sdk.base_http_api_url = KEY, f"{BASE}/api/v1"
    job = sdk.VideoSynthesis.async_call(
        model="wan2.6-i2v-flash", prompt="drift", img_url="https://example.com/seed.png", resolution="720P",
        duration=5, seed=0)
    done = until(lambda job: job.output.task_status == "SUCCEEDED", lambda: sdk.VideoSynthesis.fetch(job))
    return done.output.video_url


def gemini():
    from google import genai

    client = genai.Client(api_key=KEY, http_options={"base_url": BASE})
    job = client.interactions.create(
        model="gemini-omni-1.2-flash", background=True, store=True,
        input=[{"type": "image", "data": "AAAA", "mime_type": "image/png"}, {"type": "text", "text": "drift"}],
        response_format={"type": "video", "resolution": "360p", "aspect_ratio": "16:9", "duration": "5s",
                         "delivery": "uri"})
    done = until(lambda job: job.status == "completed", lambda: client.interactions.get(job.id))
    return done.steps[-1].content[0].uri


def fal():
    import fal_client.client

    # the client insists on https for whatever host it is given
    fal_client.client.QUEUE_URL_FORMAT = f"{BASE}/"
    client = fal_client.client.SyncClient(key=KEY)
    job = client.submit(
        "fal-ai/bytedance/seedance/v1/lite/image-to-video",
        {"prompt": "drift", "image_url": PNG, "resolution": "480p", "seed": 0})
    until(lambda status: type(status).__name__ == "Completed", lambda: job.status(with_logs=True))
    return job.get()["video"]["url"]


def seedance(sdk):
    client = sdk.Ark(api_key=KEY, base_url=f"{BASE}/api/v3", max_retries=0)
    job = client.content_generation.tasks.create(
        model="seedance-1-5-pro-251215", resolution="480p", duration=5, seed=7,
        content=[{"type": "text", "text": "drift"},
                 {"type": "image_url", "image_url": {"url": PNG}, "role": "first_frame"}])
    done = until(lambda job: job.status == "succeeded", lambda: client.content_generation.tasks.get(task_id=job.id))
    return done.content.video_url


def ark():
    import byteplussdkarkruntime

    return seedance(byteplussdkarkruntime)


def ark_cn():
    import volcenginesdkarkruntime

    return seedance(volcenginesdkarkruntime)


def veo():
    sys.path.insert(0, os.environ["HOLDSTILL_SDK_GENAI2"])
    from google import genai
    from google.genai import types

    client = genai.Client(api_key=KEY, http_options={"base_url": BASE})
    image = types.Image(image_bytes=STILL, mime_type="image/png")
    job = client.models.generate_videos(
        model="veo-3.1-fast-generate-preview", source=types.GenerateVideosSource(prompt="drift", image=image),
        config=types.GenerateVideosConfig(duration_seconds=8, resolution="720p", negative_prompt="blur"))
    done = until(lambda job: job.done, lambda: client.operations.get(job))
    return done.response.generated_videos[0].video.uri


def gemini_image():
    from google import genai
    from google.genai import types

    client = genai.Client(api_key=KEY, http_options={"base_url": BASE, "api_version": "v1"})
    answer = client.models.generate_content(
        model="gemini-3-pro-image", contents=[types.Part.from_bytes(data=STILL, mime_type="image/png"), "make it blue"],
        config=types.GenerateContentConfig(response_modalities=["IMAGE"], seed=7))
    return answer.candidates[0].content.parts[0].inline_data.data


def seedream():
    import byteplussdkarkruntime

    client = byteplussdkarkruntime.Ark(api_key=KEY, base_url=f"{BASE}/api/v3", max_retries=0)
    answer = client.images.generate(
        model="seedream-5-0-260128", prompt="make it blue", size="64x64", response_format="b64_json", watermark=False,
        image="data:image/png;base64," + base64.b64encode(STILL).decode())
    return base64.b64decode(answer.data[0].b64_json)


found = {function.__name__: function for function in (
    runway, luma_dream, replicate, openai_videos, dashscope, gemini, fal, ark, ark_cn, veo, gemini_image, seedream,
)}[NAME]()
clip = found if isinstance(found, bytes) else urllib.request.urlopen(found).read()
print(len(clip))

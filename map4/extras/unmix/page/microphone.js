// Ten seconds of the microphone, to name the track that is playing.
const CLIP_S = 10,
  // Filters for speech would remove music.
  RAW = { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  /** @type {Record<string, string>} */
  WHY = {
    TypeError: "The microphone needs a page with HTTPS, or a browser on the server's computer.",
    NotAllowedError: "The microphone is blocked: allow it for this page in the browser.",
    NotFoundError: "There is no microphone: connect one.",
  };

/** @param {AbortSignal} stopped @param {(share: number, text: string) => void} show */
export async function recordClip(stopped, show) {
  // A TypeError without HTTPS: there is no mediaDevices then.
  const open = async () => navigator.mediaDevices.getUserMedia({ audio: RAW });
  const stream = await open().catch((error) => {
    const why = WHY[error.name] ?? error.message;
    throw new Error(`${why} Or record a clip with another app and choose its file.`);
  });
  try {
    const recorder = new MediaRecorder(stream),
      parts = /** @type {Blob[]} */ ([]),
      ended = new Promise((done) => recorder.addEventListener("stop", done));
    recorder.addEventListener("dataavailable", ({ data }) => parts.push(data));
    recorder.start();
    for (let left = CLIP_S; left && !stopped.aborted; left--) {
      show(1 - left / CLIP_S, `Listening: ${left} s`);
      await new Promise((done) => setTimeout(done, 1000));
    }
    recorder.stop();
    await ended;
    stopped.throwIfAborted();
    return new File(parts, "Clip");
  } finally {
    for (const track of stream.getTracks()) track.stop();
  }
}

//! A user's own network, run by an ONNX Runtime that is on the machine: loaded when it is asked for, never needed otherwise.

use super::EmbedderError;
use ort::{environment::Environment, session::Session, value::Tensor};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock},
};

/// Where the runtime lies, if not where the system looks for libraries.
const LIBRARY: &str = "ORT_DYLIB_PATH";
/// Side of the pictures of a network that leaves it open, pixels.
const USUAL_SIDE: usize = 224;
/// Largest side that is fed, pixels.
const LARGEST_SIDE: usize = 1024;

/// A network from colours `[1, 3, side, side]` to a vector.
#[derive(Clone)]
pub(super) struct Model {
    path: PathBuf,
    session: Arc<Mutex<Session>>,
    output: String,
    pub(super) side: usize,
}

impl Model {
    pub(super) fn load(path: &Path) -> Result<Self, EmbedderError> {
        let unfit = |what: String| EmbedderError::Unfit { path: path.to_owned(), what };
        let wrong = |error: ort::Error| unfit(error.to_string());
        if !path.is_file() {
            return Err(unfit("there is no such file".to_owned()));
        }
        // one thread: the same clip gives the same bits
        let builder = Session::builder(environment()?).map_err(wrong)?;
        let mut builder = builder.with_intra_threads(1).map_err(|error| unfit(error.to_string()))?;
        let session = builder.commit_from_file(path).map_err(wrong)?;
        let shape = session.inputs().first().and_then(|input| input.dtype().tensor_shape());
        let side = match shape.map(|shape| shape.to_vec()).as_deref() {
            Some([_, 3 | -1, height, width]) if height == width => usize::try_from(*height).unwrap_or(USUAL_SIDE),
            other => return Err(unfit(format!("it takes {other:?}, not a square picture of 3 channels"))),
        };
        if !(1..=LARGEST_SIDE).contains(&side) {
            return Err(unfit(format!("it takes pictures of {side} pixels a side; at most {LARGEST_SIDE} are fed")));
        }
        // a vector, where there is one, sums up what the maps and tokens beside it say
        let rank = |output: &&ort::value::Outlet| output.dtype().tensor_shape().map(|shape| shape.len());
        let outputs = session.outputs();
        let output = outputs.iter().find(|output| rank(output) == Some(2)).or(outputs.first());
        let output = output.map(|output| output.name().to_owned()).ok_or_else(|| unfit("it has no output".into()))?;
        Ok(Self { path: path.to_owned(), session: Arc::new(Mutex::new(session)), output, side })
    }

    /// What the network makes of `values`, `[3, side, side]`: the vector, the first token, or the mean of each map.
    pub(super) fn vector(&self, values: Vec<f32>) -> Result<Vec<f32>, EmbedderError> {
        let unfit = |what: String| EmbedderError::Unfit { path: self.path.clone(), what };
        let wrong = |error: ort::Error| unfit(error.to_string());
        let input = Tensor::from_array(([1, 3, self.side, self.side], values)).map_err(wrong)?;
        let mut session = self.session.lock().map_err(|_| unfit("it broke off before".to_owned()))?;
        let made = session.run(ort::inputs![input]).map_err(wrong)?;
        let (shape, values) = made[self.output.as_str()].try_extract_tensor::<f32>().map_err(wrong)?;
        let vector: Vec<f32> = match **shape {
            [1, length] | [1, _, length] => values[..length as usize].to_vec(),
            [1, _, height, width] => {
                let area = (height * width).max(1) as usize;
                values.chunks(area).map(|map| map.iter().sum::<f32>() / area as f32).collect()
            }
            _ => return Err(unfit(format!("it makes {shape:?}, neither a vector nor tokens nor maps"))),
        };
        if vector.is_empty() || vector.iter().any(|v| !v.is_finite()) {
            return Err(unfit("what it makes is no vector of numbers".to_owned()));
        }
        Ok(vector)
    }
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model").field("path", &self.path).field("side", &self.side).finish_non_exhaustive()
    }
}

/// The process's one runtime.
fn environment() -> Result<&'static Environment, EmbedderError> {
    static ENVIRONMENT: OnceLock<Result<Environment, String>> = OnceLock::new();
    let start = || {
        let library = std::env::var_os(LIBRARY).filter(|path| !path.is_empty()).map(PathBuf::from);
        let usual = format!("{}onnxruntime{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
        let builder = ort::init_from(library.unwrap_or_else(|| usual.into())).map_err(|error| error.to_string())?;
        builder.with_telemetry(false).build().map_err(|error| error.to_string())
    };
    ENVIRONMENT.get_or_init(start).as_ref().map_err(|reason| EmbedderError::NoRuntime { reason: reason.clone() })
}

// The types of the ES module entry. They are declared, and documented, in `index.d.cts`, so that both entries share one
// set.

import Spark = require("./index.cjs");

export { Spark, Spark as default };

export import SparkConfig = Spark.SparkConfig;
export import OfflineConfig = Spark.OfflineConfig;
export import OnlineConfig = Spark.OnlineConfig;
export import OlderSparkConfig = Spark.OlderSparkConfig;
export import CommonConfig = Spark.CommonConfig;
export import SparkEndpoint = Spark.SparkEndpoint;
export import PublicEndpoint = Spark.PublicEndpoint;
export import SyntheticKeyEndpoint = Spark.SyntheticKeyEndpoint;
export import BearerTokenEndpoint = Spark.BearerTokenEndpoint;
export import CommonEndpoint = Spark.CommonEndpoint;
export import Credential = Spark.Credential;
export import FetchFunction = Spark.FetchFunction;
export import FetchInit = Spark.FetchInit;
export import FetchResponse = Spark.FetchResponse;
export import WorkerFunction = Spark.WorkerFunction;
export import XCallConfig = Spark.XCallConfig;
export import XCallPolicy = Spark.XCallPolicy;
export import XCallRequest = Spark.XCallRequest;
export import NodegenModel = Spark.NodegenModel;
export import BinaryType = Spark.BinaryType;
export import BinarySource = Spark.BinarySource;
export import BinaryValue = Spark.BinaryValue;
export import BinaryFunction = Spark.BinaryFunction;
export import UrlSource = Spark.UrlSource;
export import PlatformObject = Spark.PlatformObject;
export import ModelMetaData = Spark.ModelMetaData;
export import EngineInformation = Spark.EngineInformation;

export import SparkRequest = Spark.SparkRequest;
export import RequestData = Spark.RequestData;
export import ModelInputs = Spark.ModelInputs;
export import RequestMeta = Spark.RequestMeta;
export import ExecuteOptions = Spark.ExecuteOptions;
export import LoadOptions = Spark.LoadOptions;
export import LoadProgress = Spark.LoadProgress;
export import Output = Spark.Output;
export import ResponseAs = Spark.ResponseAs;
export import RawRequest = Spark.RawRequest;
export import AbortSignalLike = Spark.AbortSignalLike;
export import BatchOptions = Spark.BatchOptions;
export import BatchProgress = Spark.BatchProgress;
export import BatchResult = Spark.BatchResult;
export import BatchResults = Spark.BatchResults;
export import BatchSource = Spark.BatchSource;
export import Execution = Spark.Execution;
export import ExecutionOf = Spark.ExecutionOf;
export import CancellationToken = Spark.CancellationToken;

export import SparkResponse = Spark.SparkResponse;
export import ExecutionPath = Spark.ExecutionPath;
export import ResponseData = Spark.ResponseData;
export import ModelOutputs = Spark.ModelOutputs;
export import JsonValue = Spark.JsonValue;
export import ResponseWarning = Spark.ResponseWarning;
export import ResponseError = Spark.ResponseError;
export import ServiceChainItem = Spark.ServiceChainItem;
export import ResponseMeta = Spark.ResponseMeta;
export import SparkEventMap = Spark.SparkEventMap;
export import SparkEvent = Spark.SparkEvent;
export import SparkEventListener = Spark.SparkEventListener;
export import ListenerOptions = Spark.ListenerOptions;
export import ExecuteDetail = Spark.ExecuteDetail;
export import FallbackDetail = Spark.FallbackDetail;
export import ModelDetail = Spark.ModelDetail;
export import ReplicaDetail = Spark.ReplicaDetail;
export import ReadyDetail = Spark.ReadyDetail;
export import CrashDetail = Spark.CrashDetail;
export import StartTimes = Spark.StartTimes;
export import LogLevel = Spark.LogLevel;
export import LogFunction = Spark.LogFunction;
export import Logger = Spark.Logger;
export import ModelStats = Spark.ModelStats;
export import CacheDetail = Spark.CacheDetail;
export import CacheEntry = Spark.CacheEntry;
export import ModelCache = Spark.ModelCache;

export import ColumnarSerializer = Spark.ColumnarSerializer;
export import ColumnarOptions = Spark.ColumnarOptions;

export import SparkError = Spark.SparkError;
export import ErrorCode = Spark.ErrorCode;
export import ErrorByCode = Spark.ErrorByCode;
export import ErrorName = Spark.ErrorName;
export import EndpointErrorName = Spark.EndpointErrorName;
export import ModelErrorName = Spark.ModelErrorName;
export import PackageErrorCode = Spark.PackageErrorCode;
export import V3Error = Spark.V3Error;
export import ModelInfo = Spark.ModelInfo;
export import SparkErrorFields = Spark.SparkErrorFields;
